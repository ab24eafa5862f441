"""Base of all records: versions, states, the interval in which a version is in force, and the
child tables of parties and links."""

import hashlib
from functools import cache
from typing import TYPE_CHECKING, Any, ClassVar

import orjson
from django.core.exceptions import ValidationError
from django.core.validators import RegexValidator
from django.db import models
from django.db.models import F, Q
from django.utils.crypto import get_random_string

from aidapi import dates
from aidapi.fields import CodeField
from records.models.cleaning import ValidatedOnce
from records.models.doubts import (
    Doubt,
    beside,
    date_doubts,
    known_date,
    known_dates,
    require_reason,
)
from records.models.parties import PartyType
from records.models.rules import CheckedAtOnce
from records.models.text import fold

ID_ALPHABET = "0123456789abcdefghjkmnpqrstvwxyz"
ID_PATTERN = r"(?:st|don|exp|con)-[0-9a-hjkmnp-tv-z]{8}"


class State(models.TextChoices):
    DRAFT = "draft", "draft"
    IN_REVIEW = "in_review", "in review"
    PUBLISHED = "published", "published"
    SUPERSEDED = "superseded", "superseded by a later version"
    WITHDRAWN = "withdrawn", "withdrawn"


OPEN = [State.DRAFT, State.IN_REVIEW]
CURRENT = [State.PUBLISHED, *OPEN]
"""States of versions that are in force, or may come to be."""
MAX_FIGURES = 200
"""Figures of a record: what a form can show and save in seconds."""
MAX_PARTIES = 400
"""Parties of a record in all roles: every country and territory, and others beside them."""
MAX_LINKS = 200
ENDED = [State.SUPERSEDED, State.WITHDRAWN]


class Precision(models.TextChoices):
    DAY = "day", "day"
    MONTH = "month", "month (stored as its first day)"
    YEAR = "year", "year (stored as its first day)"


def round_dates(row: Any) -> None:
    """Set a date known to the month or year to its first day, and its copy that lists are ordered
    and filtered by, if the row has one; a date that is not known has no precision of its own."""
    model: type[models.Model] = type(row)
    for name, has_key in dates_of(model):
        day, precision = getattr(row, name), getattr(row, f"{name}_precision")
        if day is None:
            setattr(row, f"{name}_precision", Precision.DAY)
        else:
            setattr(row, name, dates.span(day, precision)[0])
        if has_key:
            setattr(row, f"{name}_key", day and dates.written(day, precision))


@cache
def dates_of(model: type[models.Model]) -> list[tuple[str, bool]]:
    """Return the dates of a model that may be known to the month or year, each with whether there
    is a copy that lists are ordered by."""
    columns = [field.name for field in model._meta.concrete_fields]
    names = [name.removesuffix("_precision") for name in columns if name.endswith("_precision")]
    return [(name, f"{name}_key" in columns) for name in names]


def date_key(name: str, *, null: bool = False) -> CodeField:
    """Return the column of a date as far as it is known, by which lists are ordered and
    filtered."""
    return CodeField(
        max_length=10,
        editable=False,
        null=null,
        default=None if null else "",
        help_text=f"The record's `{name}` as far as it is known: 2020-04-10, 2020-04 or 2020.",
    )


class RecordQuerySet(models.QuerySet):
    """Queries for versions. `in_force` is the only definition of what readers see."""

    def in_force(self, revision: int) -> "RecordQuerySet":
        """Return the versions in force at a revision, the latest or a past one."""
        rows: Any = self.filter(
            Q(retired_in__isnull=True) | Q(retired_in__gt=revision),
            published_in__lte=revision,
        )
        # Hints go along with every further filter.
        rows._hints = {**rows._hints, "revision": revision}
        return rows

    @property
    def revision(self) -> int:
        """Return the revision at which these rows are in force."""
        rows: Any = self
        return rows._hints["revision"]

    def open(self) -> "RecordQuerySet":
        """Return open versions: drafts and versions in review."""
        return self.filter(state__in=OPEN)


class Record(CheckedAtOnce, ValidatedOnce):
    """One version of a record. Published versions never change (triggers refuse it): a correction
    is a new version in a new revision."""

    KIND: ClassVar[str]
    PREFIX: ClassVar[str]
    ROLES: ClassVar[dict[str, str]] = {}
    """Role of a party → plural under which documents and forms list it."""
    MAIN_ROLES: ClassVar[tuple[str, str]] = ("", "")
    """The roles that give and that receive; a record with several parties in either is joint."""
    CODED: ClassVar[tuple[str, ...]] = ()
    """Columns of codes that lists filter by and that the statistics count."""
    ROWS: ClassVar[tuple[str, ...]] = ("links",)
    """Its child rows and what they refer to, as names to prefetch."""
    DATE: ClassVar[str] = "as_of"
    """The date by which lists are ordered."""

    public_id = CodeField(
        max_length=12,
        editable=False,
        validators=[RegexValidator(rf"^{ID_PATTERN}\Z", "Not a record id.")],
        help_text="Stable public id, the same in every version; safe to cite.",
    )
    version = models.PositiveIntegerField(
        default=1, editable=False, help_text="Version of the record, from 1."
    )
    state = models.CharField(
        max_length=10,
        choices=State,
        default=State.DRAFT,
        editable=False,
        help_text="State of the version, from draft to withdrawal.",
    )
    title = models.CharField(
        max_length=200,
        help_text="Who did what for whom, in our own words, in one line.",
    )
    title_key = CodeField(
        max_length=600,
        editable=False,
        default="",
        help_text="Folded title, for ordering.",
    )
    note = models.TextField(
        blank=True,
        help_text="Remarks for readers beside the figures, in our own words: doubts, "
        "examples that the source gives, why something was cancelled.",
    )
    reason = models.TextField(
        blank=True,
        help_text="Why this version replaces the one before it; shown to readers. Required "
        "from version 2 on.",
    )
    date_reason = models.TextField(
        blank=True,
        help_text="Why its dates are right although such dates rarely are: after today, before "
        "the epidemic, far from its statement. For curators; empty where nothing is doubtful.",
    )
    published_in = models.ForeignKey(
        "records.Revision",
        models.PROTECT,
        null=True,
        editable=False,
        related_name="+",
        db_index=False,
        help_text="Number of the revision that published this version.",
    )
    retired_in = models.ForeignKey(
        "records.Revision",
        models.PROTECT,
        null=True,
        editable=False,
        related_name="+",
        db_index=False,
        help_text="Number of the revision that superseded or withdrew this version; null while in "
        "force.",
    )
    digest = CodeField(
        max_length=64,
        blank=True,
        editable=False,
        help_text="SHA-256 of the content, computed on submission and fixed on publication.",
    )
    review_comment = models.TextField(
        blank=True,
        editable=False,
        help_text="The reviewer's comment on returning it.",
    )
    edits = models.PositiveIntegerField(
        default=0,
        editable=False,
        help_text="Number of saves of the open version, to detect concurrent saves.",
    )
    created_at = models.DateTimeField(
        auto_now_add=True, help_text="When this version was created, in UTC."
    )

    objects = RecordQuerySet.as_manager()

    if TYPE_CHECKING:
        # The reverse relations of a kind's child tables; statements have only the last three.
        id: int
        parties: Any
        figures: Any
        figure_items: Any
        links: Any
        words: Any
        document: Any

    # Columns about the life of the row. They are not content: the digest leaves them out and a
    # correction does not copy them.
    LIFE: ClassVar[frozenset[str]] = frozenset(
        {
            "id",
            "public_id",
            "version",
            "state",
            "reason",
            "published_in",
            "retired_in",
            "digest",
            "review_comment",
            "edits",
            "created_at",
            "title_key",
            "as_of_key",
            "published_on_key",
            "said_on_key",
            "joint",
        }
    )

    class Meta:
        abstract = True
        get_latest_by = "version"
        # Publishing, returning and withdrawing have a permission of their own.
        default_permissions = ["add", "change", "delete", "view", "publish"]
        indexes = [
            # ?ordering=published_in, and ?changed_since=: the latest publications.
            models.Index(
                fields=["-published_in", "-public_id", "retired_in"],
                condition=Q(published_in__isnull=False),
                name="%(class)s_new",
            ),
            # ?ordering=title.
            models.Index(
                fields=["title_key", "public_id", "published_in", "retired_in"],
                condition=Q(published_in__isnull=False),
                name="%(class)s_title",
            ),
            # Versions that have ended, which the full-text index still finds.
            models.Index(
                fields=["retired_in", "id"],
                condition=Q(retired_in__isnull=False),
                name="%(class)s_retired",
            ),
            # The admin's worklists: open versions.
            models.Index(fields=["state", "created_at"], name="%(class)s_state"),
        ]
        constraints = [
            models.UniqueConstraint(
                fields=["public_id", "version"], name="%(class)s_version_once"
            ),
            models.UniqueConstraint(
                fields=["public_id"],
                condition=Q(state=State.PUBLISHED),
                name="%(class)s_one_published",
                violation_error_message="Another version of this record is published.",
            ),
            models.UniqueConstraint(
                fields=["public_id"],
                condition=Q(state__in=OPEN),
                name="%(class)s_one_open",
                violation_error_message="Somebody is already working on this record: continue "
                "their draft, or discard it first.",
            ),
            models.CheckConstraint(
                name="%(class)s_published_in_revision",
                condition=Q(state__in=OPEN, published_in=None)
                | Q(~Q(state__in=OPEN), ~Q(digest=""), published_in__isnull=False),
                violation_error_message="A published version has a revision, a draft has none.",
            ),
            models.CheckConstraint(
                name="%(class)s_retired_after",
                condition=Q(~Q(state__in=ENDED), retired_in=None)
                | Q(
                    state__in=ENDED,
                    retired_in__isnull=False,
                    retired_in__gt=F("published_in"),
                ),
                violation_error_message="A version is retired by a later revision.",
            ),
            models.CheckConstraint(
                name="%(class)s_review_has_digest",
                condition=~Q(state=State.IN_REVIEW) | ~Q(digest=""),
                violation_error_message="A version in review has the digest of its content.",
            ),
            models.CheckConstraint(
                name="%(class)s_has_title",
                condition=~Q(title=""),
                violation_error_message="Give a title: who did what for whom.",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.public_id} v{self.version}: {self.title}"

    def save(self, *args: Any, **kwargs: Any) -> None:
        self.derive_columns()
        super().save(*args, **kwargs)

    def derive_columns(self) -> None:
        """Set the columns that follow from others. `save` calls it; who writes many rows at once
        calls it for each."""
        if not self.public_id:
            self.public_id = self.new_id()
        self.title_key = fold(self.title)
        self.round_dates()

    def round_dates(self) -> None:
        round_dates(self)

    def clean(self) -> None:
        """Refuse what is entered with a doubtful date and no reason. What was published before
        this rule is not entered again."""
        super().clean()
        require_reason(self.doubts(), self.date_reason, "date_reason")

    def doubts(self) -> list[Doubt]:
        """Return what is doubtful about its own dates."""
        return date_doubts(self)

    def doubts_beside(self) -> list[Doubt]:
        """Return what is doubtful about its dates beside the statements on which it rests."""
        return []

    def all_doubts(self) -> list[Doubt]:
        """Return what is doubtful about the record and its rows, for those who approve it."""
        of_rows = [doubt for row in self.ordered_evidence() for doubt in row.doubts()]
        return [*self.doubts(), *self.doubts_beside(), *of_rows]

    def clean_rows(self) -> None:
        """Refuse doubts that arise from the record together with its rows."""
        require_reason(self.doubts_beside(), self.date_reason, "date_reason")

    @classmethod
    def new_id(cls) -> str:
        return f"{cls.PREFIX}-{get_random_string(8, ID_ALPHABET)}"

    @property
    def is_open(self) -> bool:
        return self.state in OPEN

    @classmethod
    def child(cls, relation: str) -> Any:
        """Return the model of a child table: parties, figures, figure_items, links, words or
        document."""
        return cls._meta.get_field(relation).related_model

    @classmethod
    @cache
    def content_fields(cls) -> list[models.Field]:
        """Return the columns that a curator writes and the digest covers."""
        return [field for field in cls._meta.concrete_fields if field.name not in cls.LIFE]

    def rows_of(self, relation: str) -> Any:
        """Return the rows of a child table as a queryset, as `all()` of the relation does, whose
        manager takes as long to make as a row."""
        kept = self.__dict__.get("_prefetched_objects_cache", {})
        return kept[relation] if relation in kept else getattr(self, relation).all()

    @property
    def parties_by_role(self) -> dict[str, list[Any]]:
        """Return role → its party rows, in their order; one query, none if prefetched."""
        rows: dict[str, list[Any]] = {role: [] for role in self.ROLES}
        for row in sorted(self.rows_of("parties"), key=lambda row: (row.position, row.pk)):
            rows[row.role].append(row)
        return rows

    def ordered_links(self) -> list[Any]:
        return sorted(self.rows_of("links"), key=lambda link: (link.type, link.target))

    def content(self) -> dict[str, Any]:
        """Return the content as plain data, without what is empty or at its default.

        The digest covers it and diffs compare it. A column, role or child table that is added
        later adds nothing to the versions that do not use it, so their digests stay valid.
        """
        content = plain_values(self)
        if self.ROLES:
            for role, rows in self.parties_by_role.items():
                content[self.ROLES[role]] = [row.party_id for row in rows]
        content["links"] = [
            {"type": link.type, "id": link.target} for link in self.ordered_links()
        ]
        if self.ROLES:
            content["figures"] = [figure.content() for figure in self.ordered_figures()]
        return {name: value for name, value in content.items() if value != []}

    def ordered_figures(self) -> list[Any]:
        return sorted(self.rows_of("figures"), key=lambda figure: (figure.position, figure.pk))

    def ordered_evidence(self) -> list[Any]:
        """Return the rows that rest on statements, in their order."""
        return []

    def named_entries(self) -> list[Any]:
        """Return the parties and items that it names, each once."""
        return []

    def named_codes(self) -> set[str]:
        """Return the codes of the parties and items that it names."""
        return set()

    def unverified(self) -> list[Any]:
        """Return the rows whose words are not in the text of their statement."""
        return [row for row in self.ordered_evidence() if row.quote_found is False]

    def content_digest(self) -> str:
        """Return the SHA-256 of the content: an approval is bound to it."""
        data = orjson.dumps(self.content(), option=orjson.OPT_SORT_KEYS)
        return hashlib.sha256(data).hexdigest()

    def problems(self) -> list[ValidationError]:
        """Return errors that block publication and involve several rows."""
        problems = []
        if problem := too_many("links", len(self.rows_of("links")), MAX_LINKS):
            problems.append(problem)
        if self.version > 1 and not self.reason.strip():
            problems.append(
                ValidationError({"reason": "Say why this version replaces the one before it."})
            )
        for link in self.rows_of("links"):
            if link.target == self.public_id:
                problems.append(ValidationError({"links": "A record cannot link to itself."}))
        return problems


def too_many(what: str, count: int, most: int) -> ValidationError | None:
    """Return the error of a record with more rows of a kind than it may have."""
    if count <= most:
        return None
    return ValidationError(
        {what: f"A record has at most {most} {what}, this one {count}: divide it into several, "
         f"and link them."}
    )  # fmt: skip


def plain(value: Any) -> Any:
    """Return a column's value as JSON: numbers without padding, dates as ISO text."""
    if value is None or isinstance(value, (bool, int, str, list, dict)):
        return value
    if hasattr(value, "isoformat"):
        return value.isoformat()
    return f"{value.normalize():f}"


def plain_values(row: Any) -> dict[str, Any]:
    """Return the values of a row's content as JSON, without those at their default."""
    found = {}
    model: Any = type(row)
    for name, attname, default in _content_columns(model):
        value = plain(getattr(row, attname))
        if value != default:
            found[name] = value
    return found


@cache
def _content_columns(model: Any) -> list[tuple[str, str, Any]]:
    """Return name, attribute and default, as JSON, of the columns of a model's content."""
    return [
        (field.name, field.attname, plain(field.get_default())) for field in model.content_fields()
    ]


class DatedRecord(Record):
    """A donation, export or contract: parties in roles, a period, a date at which it held."""

    ROWS: ClassVar[tuple[str, ...]] = (
        "links",
        "parties__party",
        "figures__statement",
        "figures__item",
    )

    period_start = models.DateField(
        null=True,
        blank=True,
        help_text="First day of the period that the figures cover.",
    )
    period_end = models.DateField(
        null=True,
        blank=True,
        help_text="Last day of the period that the figures cover.",
    )
    as_of = models.DateField(
        help_text="The day for which the record is true: as stated, else the end of the period, "
        "else the day of the statement."
    )
    as_of_precision = models.CharField(
        max_length=5,
        choices=Precision,
        default=Precision.DAY,
        help_text="Precision of `as_of`: day, month or year.",
    )
    as_of_key = date_key("as_of")
    series = CodeField(
        max_length=80,
        blank=True,
        validators=[
            RegexValidator(
                r"^[a-z0-9]+(?:-[a-z0-9]+)*\Z",
                "Use lower-case letters, digits and hyphens.",
            )
        ],
        help_text="Name that the points of one running total share: a later point replaces the "
        "earlier ones. Null for a single event.",
    )
    missing = models.TextField(
        blank=True,
        help_text="Amounts that the source names and no figure holds, in our own words; null "
        "where none is known.",
    )
    joint = models.BooleanField(
        default=False,
        editable=False,
        help_text="Whether several parties give, or several receive, together: the amount is "
        "never repeated per party.",
    )

    class Meta(Record.Meta):
        abstract = True
        indexes = [
            *Record.Meta.indexes,
            # Every list in its default order, latest first, now or as of any revision.
            models.Index(
                fields=["-as_of_key", "-public_id", "published_in", "retired_in"],
                condition=Q(published_in__isnull=False),
                name="%(class)s_newest",
            ),
            # ?series=, and ?latest=true: the points of a series in order.
            models.Index(
                fields=["series", "-as_of_key", "-public_id"],
                condition=~Q(series=""),
                name="%(class)s_series",
            ),
        ]
        constraints = [
            *Record.Meta.constraints,
            models.CheckConstraint(
                name="%(class)s_period_in_order",
                condition=Q(period_start=None)
                | Q(period_end=None)
                | Q(period_end__gte=F("period_start")),
                violation_error_message="The period ends before it begins.",
            ),
        ]

    def ordered_evidence(self) -> list[Any]:
        return self.ordered_figures()

    def named_entries(self) -> list[Any]:
        entries = [row.party for row in self.rows_of("parties")]
        entries += [figure.item for figure in self.ordered_figures() if figure.item_id]
        return list(dict.fromkeys(entries))

    def named_codes(self) -> set[str]:
        codes = {row.party_id for row in self.rows_of("parties")}
        return codes | {figure.item_id for figure in self.ordered_figures() if figure.item_id}

    def cited_statements(self) -> list[Any]:
        """Return the statement versions that the record rests on, in the order of its rows."""
        cited = {row.statement_id: row.statement for row in self.ordered_evidence()}
        return list(cited.values())

    def doubts_beside(self) -> list[Doubt]:
        """Return a doubt for each date after all statements were published, unless the record is
        about a plan, or years before."""
        published = [
            known
            for statement in self.cited_statements()
            if (known := known_date(statement, "published_on"))
        ]
        if not published:
            return []
        first, last = min(one.first for one in published), max(one.last for one in published)
        doubted = {doubt.field for doubt in self.doubts()}
        return [
            Doubt(known.name, text)
            for known in known_dates(self)
            if known.name not in doubted
            and (text := beside(known, first, last, may_follow=self.is_planned(known.name)))
        ]

    def is_planned(self, date: str) -> bool:
        """Return whether the column of this name may have a date that was still to come."""
        return any(
            figure.basis == "target" or figure.countable_reason in ("pledge", "target", "option")
            for figure in self.ordered_figures()
        )

    def problems(self) -> list[ValidationError]:
        problems = super().problems()
        figures = self.ordered_figures()
        if problem := too_many("figures", len(figures), MAX_FIGURES):
            problems.append(problem)
        parties = sum(len(rows) for rows in self.parties_by_role.values())
        if problem := too_many("parties", parties, MAX_PARTIES):
            problems.append(problem)
        if not figures:
            problems.append(
                ValidationError({"figures": "Add a figure with its quote: every record needs at "
                                 "least one."})
            )  # fmt: skip
        rivals: dict[tuple, list[Any]] = {}
        for figure in figures:
            if not figure.is_aside:
                rivals.setdefault(figure.rival_key(), []).append(figure)
        for group in rivals.values():
            statements = {figure.statement_id for figure in group}
            if len(statements) < len(group):
                problems.append(
                    ValidationError(
                        {"figures": f"Two figures of one statement report the same thing "
                         f"({group[0].describe()}): keep one per statement."}
                    )
                )  # fmt: skip
            if len({figure.claim() for figure in group}) > 1:
                preferred = sum(figure.rank == "preferred" for figure in group)
                if preferred != 1:
                    problems.append(
                        ValidationError(
                            {"figures": f"Statements contradict each other about "
                             f"{group[0].describe()}: rank exactly one as preferred, with "
                             f"the reason."}
                        )
                    )  # fmt: skip
        return problems


class RecordParty(CheckedAtOnce, ValidatedOnce):
    """A party in a role of a record. Publishing copies the columns of the party that filters and
    documents read, so that an edit of the vocabulary changes no published record."""

    role = models.CharField(max_length=12, help_text="Role of the party in the record.")
    party = models.ForeignKey(
        "records.Party", models.PROTECT, related_name="+", help_text="The party."
    )
    position = models.PositiveIntegerField(default=0, help_text="Place in the list, from 0.")
    name = models.CharField(
        max_length=200,
        editable=False,
        default="",
        help_text="The party's name when published.",
    )
    type = models.CharField(
        max_length=26,
        editable=False,
        choices=PartyType,
        default="",
        help_text="The party's type when published.",
    )
    country = CodeField(
        max_length=3,
        editable=False,
        default="",
        help_text="Alpha-3 code of the party's country when published.",
    )
    region = CodeField(
        max_length=3,
        editable=False,
        default="",
        help_text="M49 number of the party's region when published.",
    )
    public_id = CodeField(max_length=12, editable=False, default="", help_text="The record's id.")
    as_of_key = date_key("as_of")
    published_in = models.PositiveIntegerField(
        editable=False,
        null=True,
        help_text="The revision that published the record's version.",
    )

    class Meta:
        abstract = True
        ordering = ["position", "pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["record", "role", "party"],
                name="%(class)s_once",
                violation_error_message="This party is already in that role.",
            ),
        ]
        indexes = [
            # ?donor=PAK and other roles, latest first: the filter that drives the query.
            models.Index(
                fields=[
                    "role",
                    "party",
                    "-as_of_key",
                    "-public_id",
                    "published_in",
                    "record",
                ],
                condition=Q(published_in__isnull=False),
                name="%(class)s_party",
            ),
            # ?recipient_country=ITA: everything that Italy, its cities and firms received.
            models.Index(
                fields=[
                    "role",
                    "country",
                    "-as_of_key",
                    "-public_id",
                    "published_in",
                    "record",
                ],
                condition=Q(published_in__isnull=False),
                name="%(class)s_country",
            ),
            # Filters on type and region, checked per record.
            models.Index(
                fields=["record", "role", "party", "country", "type", "region"],
                name="%(class)s_record",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.role} {self.party_id}"


def role_of(record: type[Record]) -> models.CheckConstraint:
    """Return the constraint of a kind's party table: only roles of the kind are allowed."""
    return models.CheckConstraint(
        name="%(class)s_role",
        condition=Q(role__in=list(record.ROLES)),
        violation_error_message=f"A {record.KIND} has no such role: use one of "
        f"{', '.join(record.ROLES)}.",
    )


class LinkType(models.TextChoices):
    SUPERSEDES = "supersedes", "supersedes"
    PART_OF = "part_of", "is part of"
    SAME_EVENT_AS = "same_event_as", "reports the same event as"
    CONTRADICTS = "contradicts", "contradicts"
    AMENDS = "amends", "amends"
    FUNDS = "funds", "funds"
    MAY_OVERLAP = "may_overlap", "may overlap with"


class RecordLink(models.Model):
    """A link from a version to another record, by its public id."""

    type = models.CharField(
        max_length=13,
        choices=LinkType,
        help_text="How the record relates to the other.",
    )
    target = CodeField(
        max_length=12,
        validators=[RegexValidator(rf"^{ID_PATTERN}\Z", "Give a record's id, as don-7k3m9q2x.")],
        help_text="Public id of the other record.",
    )

    class Meta:
        abstract = True
        ordering = ["type", "target"]
        constraints = [
            models.UniqueConstraint(
                fields=["record", "type", "target"],
                name="%(class)s_once",
                violation_error_message="This link exists already.",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.type} {self.target}"
