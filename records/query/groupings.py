"""What totals can be grouped by, what they are always split by, and what they can include."""

from typing import Any

from records.models import CountableReason
from records.totals.groups import TIMES
from records.totals.milestones import COUNTED, RANKS
from records.totals.prepare import GIVING

SPLIT = ("measure", "unit", "currency", "party_type", "party_role")
"""What totals are always split by: never is one added to another."""
ROLE_COLUMNS = ("country", "region", "type")


def side_of(role: str) -> str:
    """Return the side of the engine on which parties in a role are."""
    return "givers" if role in GIVING else "receivers"


def groupings(model: Any) -> list[str]:
    """Return the names by which totals of the kind can be grouped."""
    found = ["item", "item_category"]
    for role in model.MAIN_ROLES:
        found += [role, *(f"{role}_{column}" for column in ROLE_COLUMNS)]
    if "form" in model.CODED:
        found.append("form")
    return [*found, *TIMES, "currency", "series"]


def engine_grouping(name: str, model: Any) -> str:
    """Return the engine's name of a grouping."""
    role, _, column = name.partition("_")
    return f"{side_of(role)}_{column or 'code'}" if role in model.MAIN_ROLES else name


def vocabulary_of(name: str, model: Any) -> str:
    """Return the vocabulary of whose codes the groups of a grouping are; empty for none."""
    role, _, column = name.partition("_")
    if role in model.MAIN_ROLES and column in ("", "country"):
        return "party"
    return "item" if name in ("item", "item_category") else ""


def reasons(model: Any) -> list[str]:
    """Return the reasons for leaving a figure out that a client can override."""
    found = [reason for reason in CountableReason.values if reason != CountableReason.TARGET]
    stages = model.Stage.values if "stage" in model.CODED else []
    counted = COUNTED[model.KIND]
    return list(dict.fromkeys([*found, *(stage for stage in stages if stage not in counted)]))


def stages(model: Any) -> list[str]:
    """Return the stages that a query can name as its milestone, in rising order."""
    listed = model.Stage.values if "stage" in model.CODED else []
    return [stage for stage in listed if RANKS.get(stage)]
