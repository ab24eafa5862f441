"""Items: goods, personnel and services, as a tree from `medical-supplies` to `surgical-mask`, and
the HS codes that customs use for them."""

from django.core.exceptions import ValidationError
from django.core.validators import RegexValidator
from django.db import models

from aidapi.fields import CodeField
from records.models.parties import VocabularyEntry


class Unit(models.TextChoices):
    """Units of quantities; UN/CEFACT Recommendation 20 codes where one exists: C62 piece, PR
    pair, SET set, KT kit, KGM kilogram, TNE tonne, LTR litre, HUR hour."""

    PIECE = "piece", "piece"
    PAIR = "pair", "pair"
    SET = "set", "set"
    KIT = "kit", "kit"
    TEST = "test", "test"
    DOSE = "dose", "dose"
    BOX = "box", "box"
    VIAL = "vial", "vial"
    BOTTLE = "bottle", "bottle"
    LITRE = "litre", "litre"
    KILOGRAM = "kilogram", "kilogram"
    TONNE = "tonne", "tonne"
    PERSON = "person", "person"
    TEAM = "team", "team"
    EVENT = "event", "event"
    BATCH = "batch", "batch"
    FLIGHT = "flight", "flight"
    HOUR = "hour", "hour"


class Item(VocabularyEntry):
    """A kind of goods, personnel or service. A filter by an item includes all items below it."""

    KIND = "item"

    parent = models.ForeignKey(
        "self",
        models.PROTECT,
        null=True,
        blank=True,
        related_name="children",
        help_text="The item that this one is a kind of; null for a root of the tree.",
    )
    default_unit = models.CharField(
        max_length=8,
        blank=True,
        choices=Unit,
        help_text="Unit of a quantity without one; null if none can be assumed (gloves may be "
        "pieces or pairs).",
    )
    description = models.TextField(
        blank=True, help_text="What the item is, and what it can be confused with."
    )

    class Meta(VocabularyEntry.Meta):
        constraints = [
            models.CheckConstraint(
                name="item_is_not_its_parent",
                condition=models.Q(parent=None) | ~models.Q(parent=models.F("code")),
                violation_error_message="An item cannot be its own parent.",
            ),
            models.CheckConstraint(
                name="item_has_name",
                condition=~models.Q(name=""),
                violation_error_message="Give the item's name.",
            ),
            models.CheckConstraint(
                name="item_does_not_replace_itself",
                condition=models.Q(replaced_by=None) | ~models.Q(replaced_by=models.F("code")),
                violation_error_message="An item cannot replace itself.",
            ),
        ]

    def clean(self) -> None:
        if self.code and self.parent and self.code in self.parent.lineage():
            raise ValidationError({"parent": "This would make the item its own ancestor."})
        super().clean()

    def unlike(self, other: "Item") -> str:
        return inside(self.code, other.code, other.lineage())

    def lineage(self) -> list[str]:
        """Return the codes from the item up to its root; one query per level."""
        codes = [self.code]
        item = self
        while item.parent is not None and item.parent_id not in codes:
            item = item.parent
            codes.append(item.code)
        return codes


def inside(item: str, other: str, lineage: list[str]) -> str:
    """Return why an item, given the other's lineage, cannot be the same; empty if it can."""
    return f"{other} is an item below {item}, not the same." if item in lineage else ""


def item_lineages() -> dict[str, list[str]]:
    """Return item → its code and those of its ancestors up to the root; one query."""
    parents = dict(Item.objects.values_list("code", "parent_id"))
    lineages: dict[str, list[str]] = {}
    for code in parents:
        lineage = [code]
        while (parent := parents[lineage[-1]]) is not None:
            lineage.append(parent)
        lineages[code] = lineage
    return lineages


class HSCode(models.Model):
    """A code of the Harmonized System for an item. Items share codes: surgical and N95 masks have
    the same, so customs totals by code cover more than one item."""

    class Edition(models.TextChoices):
        HS2017 = "HS2017", "HS 2017"
        HS2022 = "HS2022", "HS 2022"

    class AssignedBy(models.TextChoices):
        SOURCE = "source", "the source names the code"
        CURATOR = "curator", "a curator matched it"

    class Confidence(models.TextChoices):
        HIGH = "high", "high"
        MEDIUM = "medium", "medium"
        LOW = "low", "low"

    item = models.ForeignKey(
        Item,
        models.CASCADE,
        related_name="hs_codes",
        help_text="The item that the code covers.",
    )
    code = CodeField(
        max_length=7,
        validators=[RegexValidator(r"^\d{4}\.\d{2}\Z", "Write an HS code as 6307.90.")],
        help_text="Six-digit HS code, as 6307.90.",
    )
    edition = models.CharField(
        max_length=6, choices=Edition, help_text="Edition of the Harmonized System."
    )
    assigned_by = models.CharField(
        max_length=7,
        choices=AssignedBy,
        default=AssignedBy.CURATOR,
        help_text="Who assigned the code to the item.",
    )
    confidence = models.CharField(
        max_length=6,
        choices=Confidence,
        default=Confidence.MEDIUM,
        help_text="Confidence of the assignment.",
    )

    class Meta:
        ordering = ["edition", "code"]
        verbose_name = "HS code"
        constraints = [
            models.UniqueConstraint(
                fields=["item", "code", "edition"],
                name="hs_code_once_per_item",
                violation_error_message="This item already has that code in that edition.",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.code} ({self.edition})"
