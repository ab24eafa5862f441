from collections import Counter, defaultdict

import records.models.fields
from django.db import migrations
from records.models.regions import regions_around

CHUNK = 1_000
LONGEST_TERM = 1_000
DATED = ("donation", "export", "contract")
FIGURE_CODES = ("measure", "basis", "operator", "unit", "currency", "party_type")


def count_together(apps, schema_editor):
    """Count all published versions under their statements, and under what they have together."""
    alias = schema_editor.connection.alias
    counts, retired = Counter(), Counter()
    for kind in ("statement", *DATED):
        model = apps.get_model("records", kind)
        published = model.objects.using(alias).filter(published_in__isnull=False)
        ended = dict(published.order_by("pk").values_list("pk", "retired_in"))
        keys = list(ended)
        for start in range(0, len(keys), CHUNK):
            part = keys[start : start + CHUNK]
            for pk, terms in terms_of(kind, part, apps, alias).items():
                new = {(kind, *term) for term in counted_anew(terms)}
                counts.update(new)
                if ended[pk] is not None:
                    retired.update(new)
    table = apps.get_model("records", "TermCount").objects.using(alias)
    rows = sorted(counts.items())
    for start in range(0, len(rows), CHUNK):
        table.bulk_create(
            table.model(kind=kind, role=role, term=term, n=n, retired=retired[kind, role, term])
            for (kind, role, term), n in rows[start : start + CHUNK]
        )


def terms_of(kind, keys, apps, alias):
    """Version → role → its terms, of the roles of which it may have several."""
    found = defaultdict(lambda: defaultdict(set))

    def rows(name):
        return apps.get_model("records", f"{kind}{name}").objects.using(alias).filter(
            record__in=keys
        )

    for pk, link in rows("link").values_list("record_id", "type"):
        found[pk]["linked"].add(link)
    if kind not in DATED:
        return found
    columns = ("record_id", "role", "party_id", "type", "country", "region")
    for pk, role, party, *copied, region in rows("party").values_list(*columns):
        found[pk][role].add(party)
        found[pk]["party"].add(party)
        for column, value in zip(("type", "country"), copied, strict=True):
            found[pk][f"{role}_{column}"].add(value)
        found[pk][f"{role}_region"].update(regions_around(region))
    columns = ("record_id", "countable", "statement_id", *FIGURE_CODES)
    for pk, countable, statement, *codes in rows("figure").values_list(*columns):
        found[pk]["countable"].add("true" if countable else "false")
        found[pk]["statement"].add(str(statement))
        for column, value in zip(FIGURE_CODES, codes, strict=True):
            found[pk][column].add(value)
    for pk, item in rows("figureitem").values_list("record_id", "item_id"):
        found[pk]["item"].add(item)
    return found


def counted_anew(terms):
    """(role, term) pairs of what a version was not counted under before."""
    for statement in terms["statement"]:
        yield "statement", statement
    for role, several in terms.items():
        several = sorted(term for term in several if term)
        if len(several) > 1:
            term = " ".join(several)
            yield f"{role}+", term if len(term) <= LONGEST_TERM else ""


def forget(apps, schema_editor):
    table = apps.get_model("records", "TermCount").objects.using(schema_editor.connection.alias)
    table.filter(role__endswith="+").delete()
    table.filter(role="statement").delete()


class Migration(migrations.Migration):

    dependencies = [
        ('records', '0007_review'),
    ]

    operations = [
        # First, for what is too long cannot be shortened: backwards it comes last.
        migrations.AlterField(
            model_name='termcount',
            name='term',
            field=records.models.fields.CodeField(help_text='Code of the party, item, country, region or type; key of the statement; or a word, or two that follow one another, `test_kits`; the empty word counts all versions. Of what they have together all, in order, with spaces between; empty where that is too long.', max_length=1000),
        ),
        migrations.AlterField(
            model_name='termcount',
            name='role',
            field=records.models.fields.CodeField(help_text='Role of the party, `party` for any, `item`, a role with the copied column: `recipient_country`, or a column of codes of the record or of its figures; `statement`; `word` for a word of its texts, `head` for one of its title or of the names of its parties and items. `item+` and the like for what versions have together.', max_length=24),
        ),
        migrations.RunPython(count_together, forget),
    ]
