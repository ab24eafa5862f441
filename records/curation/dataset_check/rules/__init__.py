"""The rules by their codes, in the order of the report."""

from records.curation.dataset_check.findings import Finding, Rule
from records.curation.dataset_check.rows import Published
from records.curation.dataset_check.rules import amounts, dates, evidence, relations

RULES: dict[str, Rule] = {
    "item-not-in-quote": evidence.item_not_in_quote,
    "unit-not-in-quote": evidence.unit_not_in_quote,
    "number-not-in-quote": evidence.number_not_in_quote,
    "claim-without-speaker": evidence.claim_without_speaker,
    "statement-without-day": dates.statement_without_day,
    "milestone-long-before": dates.milestone_long_before,
    "milestone-after": dates.milestone_after,
    "milestones-out-of-order": dates.milestones_out_of_order,
    "series-falls": amounts.series_falls,
    "total-contradicted": amounts.total_contradicted,
    "part-exceeds-total": amounts.part_exceeds_total,
    "amount-outlier": amounts.amount_outlier,
    "unit-unusual": amounts.unit_unusual,
    "duplicate-undecided": relations.duplicate_undecided,
    "contradiction-unranked": relations.contradiction_unranked,
    "statement-unused": relations.statement_unused,
    "party-unused": relations.party_unused,
    "item-unused": relations.item_unused,
}
"""Code → rule. Codes never change, since decisions name them."""


def check(published: Published, codes: list[str] | None = None) -> list[Finding]:
    """Return the findings of the rules with these codes, of all by default."""
    chosen = [RULES[code] for code in codes or RULES]
    return [finding for rule in chosen for finding in sorted(rule(published))]
