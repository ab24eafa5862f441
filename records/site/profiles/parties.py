"""Page of a party: what it gave, received, sold and bought, and who belongs to it."""

from typing import Any

from django.db.models import Exists, OuterRef

from records.models import DATED, Party, PartyType
from records.models.regions import REGIONS
from records.site.addresses import page_of
from records.site.charts.parameters import RESOURCES
from records.site.profiles.recent import recent
from records.site.profiles.sections import HEADINGS, chart_of, record_query, section

Json = dict[str, Any]

MOST_BODIES = 200
"""Maximum number of bodies and firms of a country that are listed."""


def party_profile(party: Party, revision: int) -> Json:
    """Return what the page of a party shows."""
    is_country = party.type == PartyType.COUNTRY
    sections = [
        found
        for kind, model in DATED.items()
        for role in model.ROLES
        if (found := party_section(party, kind, role, is_country))
    ]
    return {
        "facts": party_facts(party),
        "sections": sections,
        "chart": chart_of(sections),
        "series": series_of(party, revision),
        "bodies": bodies_of(party) if is_country else [],
        "recent": recent({kind: record_query(kind, {"party": party.code}) for kind in RESOURCES}),
        "is_country": is_country,
    }


def party_section(party: Party, kind: str, role: str, is_country: bool) -> Any:
    """Return what the party did in a role, or None; of a country with its bodies and firms."""
    itself = {role: party.code}
    heading = HEADINGS[role]
    if is_country and role in DATED[kind].MAIN_ROLES:
        return section(heading, kind, {f"{role}_country": party.code}, itself)
    return section(heading, kind, itself)


def party_facts(party: Party) -> list[tuple[str, str, str]]:
    """Return name, value and address of what is known of a party."""
    found = [("Type", str(PartyType(party.type).label), "")]
    if party.country and party.country != party.code:
        name = Party.objects.filter(code=party.country).values_list("name", flat=True).first()
        found.append(("Country", name or party.country, page_of("party", party.country)))
    if party.region:
        found.append(("Region (UN M49)", REGIONS[party.region][0], ""))
    if party.identifier:
        found.append(("Identifier", f"{party.identifier_scheme} {party.identifier}", ""))
    if party.aliases:
        found.append(("Also called", "; ".join(party.aliases), ""))
    replaced = list(party.replaces.order_by("code").values_list("code", flat=True))
    if replaced:
        found.append(("Also entered as", ", ".join(replaced), ""))
    return found


def series_of(party: Party, revision: int) -> list[str]:
    """Return the series whose records name the party."""
    found: set[str] = set()
    for model in DATED.values():
        named = model.child("parties").objects.filter(record=OuterRef("pk"), party=party.code)
        records = model.objects.in_force(revision).exclude(series="").filter(Exists(named))
        found.update(records.order_by().values_list("series", flat=True).distinct())
    return sorted(found)


def bodies_of(party: Party) -> list[tuple[str, list[Party]]]:
    """Return the parties that belong to a country, by type."""
    within = Party.objects.filter(country=party.code, replaced_by=None).exclude(code=party.code)
    found: dict[str, list[Party]] = {}
    for body in within.order_by("name_key", "code")[:MOST_BODIES]:
        found.setdefault(str(PartyType(body.type).label), []).append(body)
    return sorted(found.items())
