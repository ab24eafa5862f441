-- Donations in force, one row each, with what hangs on them as JSON: the fields of the textbook API.
SELECT
  donation.public_id AS id,
  donation.version,
  donation.published_in_id AS published_in,
  donation.title,
  donation.note,
  (
    SELECT json_group_array(json_object(
      'code', party.code, 'name', party.name, 'type', party.type, 'country', party.country
    ))
    FROM records_donationparty AS role JOIN records_party AS party ON party.code = role.party_id
    WHERE role.record_id = donation.id AND role.role = 'donor'
  ) AS donors,
  (
    SELECT json_group_array(json_object(
      'code', party.code, 'name', party.name, 'type', party.type, 'country', party.country
    ))
    FROM records_donationparty AS role JOIN records_party AS party ON party.code = role.party_id
    WHERE role.record_id = donation.id AND role.role = 'recipient'
  ) AS recipients,
  (
    SELECT json_group_array(json_object(
      'code', party.code, 'name', party.name, 'type', party.type, 'country', party.country
    ))
    FROM records_donationparty AS role JOIN records_party AS party ON party.code = role.party_id
    WHERE role.record_id = donation.id AND role.role = 'intermediary'
  ) AS intermediaries,
  donation.form,
  donation.stage,
  donation.stated_by,
  donation.period_start,
  donation.period_end,
  donation.as_of,
  donation.as_of_precision,
  donation.series,
  (
    SELECT json_group_array(json_object(
      'measure', figure.measure,
      'operator', figure.operator,
      'value', figure.value,
      'lower', figure.lower,
      'upper', figure.upper,
      'item', iif(
        item.code IS NULL, NULL, json_object('code', item.code, 'name', item.name)
      ),
      'unit', figure.unit,
      'currency', figure.currency,
      'party_type', figure.party_type,
      'party_role', figure.party_role,
      'basis', figure.basis,
      'countable', figure.countable,
      'countable_reason', figure.countable_reason,
      'rank', figure.rank,
      'rank_reason', figure.rank_reason,
      'quote', figure.quote,
      'offset', figure.offset,
      'quote_found', figure.quote_found,
      'statement', json_object(
        'public_id', statement.public_id,
        'version', statement.version,
        'title', statement.title,
        'publisher', statement.publisher,
        'published_on', statement.published_on,
        'said_on', statement.said_on,
        'speaker', statement.speaker,
        'speaker_role', statement.speaker_role,
        'organisation', statement.organisation,
        'url', statement.url
      )
    ))
    FROM records_donationfigure AS figure
    JOIN records_statement AS statement ON statement.id = figure.statement_id
    LEFT JOIN records_item AS item ON item.code = figure.item_id
    WHERE figure.record_id = donation.id
  ) AS figures,
  (
    SELECT json_group_array(json_object('type', link.type, 'target', link.target))
    FROM records_donationlink AS link
    WHERE link.record_id = donation.id
  ) AS links
FROM records_donation AS donation
