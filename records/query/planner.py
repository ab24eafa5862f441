"""The list query: which condition drives it, what is tested, where a page begins and ends.

Two statements, whatever the page size: the plan (newest revision, how common each named term is,
whether the codes exist, and for conditions that may be very rare the few records that meet them)
and the page.
"""

from collections.abc import Sequence
from contextlib import suppress
from copy import copy
from dataclasses import dataclass, field, replace
from typing import Any

import orjson
from django.core.exceptions import EmptyResultSet
from django.db import connection
from django.db.models import (
    CharField,
    Exists,
    F,
    IntegerField,
    OuterRef,
    Q,
    QuerySet,
    Subquery,
    Value,
)
from django.db.models.expressions import RawSQL
from django.db.models.functions import Cast

from aidapi.errors import (
    InvalidParameters,
    ParameterError,
    Problem,
    nearest,
)
from aidapi.pagination import Cursor
from aidapi.parameters import MAX_ERRORS
from records.index.models import FilterStatistics
from records.index.search import BODY, HEAD, Phrase, Search
from records.models import (
    Item,
    Party,
    RevisionCounter,
    fold,
)
from records.query.figure_rows import among, counted_records
from records.query.filters import (
    Condition,
    FigureParameter,
    LatestParameter,
    StatementParameter,
    ValueParameter,
    unindexed,
)
from records.query.prepared import fetch

FEW = 200
"""So few records are looked up by id and sorted; more are walked in the list's order."""
HASHED = 50_000
"""So many ids PostgreSQL is sure to look up in a hash; it might read through more each time."""
SCOPES = {HEAD: "head", BODY: "word", None: "word"}
"""Tier → the role under which terms of a search are counted that narrow it down."""


def rare() -> int:
    """So many records are still faster to sort than to find in walking."""
    return FEW * 20


def probed() -> int:
    """So many ids a probe gives. SQLite, which keeps no statistics, needs to be told of more than
    PostgreSQL, which is faster by itself where they are not few."""
    return seldom() if connection.vendor == "sqlite" else FEW


def seldom() -> int:
    """So many that have certain words: their ids are fetched first."""
    return FEW * 10


@dataclass
class Plan:
    """What one statement tells before the page is read."""

    revision: int
    """The newest revision."""
    counts: dict[tuple[str, str], int] = field(default_factory=dict)
    """(role, term) → how many versions have it, those no longer in force included."""
    in_force: dict[tuple[str, str], int] = field(default_factory=dict)
    """(role, term) → how many records have it at the newest revision; of how a word begins, how
    many have the commonest word that begins so."""
    known: set[str] = field(default_factory=set)
    few: list[int] | None = None
    """Ids of all records that the probe finds, if it gives them."""
    found: dict[str, list[int]] = field(default_factory=dict)
    """Role of the terms of a search → ids of the records that have them all, if they are rare."""


def make_plan(
    kind: str,
    terms: Sequence[tuple[str, str]],
    parties: Sequence[str],
    items: Sequence[str],
    probe: QuerySet | None,
    sought: tuple[Any, Search] | None = None,
) -> Plan:
    """The newest revision, counts of the terms, the codes that exist, what the probe (ids of
    records, one more than it gives) finds, and what is sought in the words of which model; one
    statement."""
    sql = ["SELECT '' AS role, '' AS term, n, 0 AS retired FROM records_revisioncounter"]
    params: list[Any] = []
    for role in dict.fromkeys(role for role, _ in terms):
        of_role = [term for name, term in terms if name == role]
        sql.append(
            "SELECT role, term, n, retired FROM records_filterstatistics"
            " WHERE kind = %s AND role = %s"
            f" AND term IN ({', '.join(['%s'] * len(of_role))})"
        )
        params += [kind, role, *of_role]
    for table, codes in (("records_party", parties), ("records_item", items)):
        if codes:
            sql.append(
                f"SELECT 'known', code, 0, 0 FROM {table}"
                f" WHERE code IN ({', '.join(['%s'] * len(codes))})"
            )
            params += codes
    if probe is not None:
        probe_sql, probe_params = probe.query.sql_with_params()
        sql.append(
            "SELECT 'probe', string_agg(CAST(record_id AS text), ','), count(*), 0"
            f" FROM ({probe_sql}) AS probed"
        )
        params += probe_params
    statement = " UNION ALL ".join(sql)
    if sought is not None:
        counts, count_params = term_counts(kind, sought[1])
        found, found_params = rare_finds(*sought)
        statement = f"WITH counted AS ({counts}) {statement} UNION ALL {found}"
        params = [*count_params, *params, *found_params]
    plan = Plan(0)
    for role, term, n, retired in fetch(statement, params):
        if not role:
            plan.revision = n
        elif role.startswith("found_"):
            ids = [int(pk) for pk in term.split(",") if pk] if term is not None else None
            if ids is not None and len(ids) <= seldom():
                plan.found[role.removeprefix("found_")] = ids
        elif role == "known":
            plan.known.add(term)
        elif role == "probe":
            if n <= probed():
                plan.few = sorted({int(pk) for pk in term.split(",")}) if n else []
        else:
            plan.counts[role, term] = n
            plan.in_force[role, term] = n - retired
    return plan


EVERY = ("word", "")
"""The term that every version has."""


def exact_terms(conditions: dict[str, tuple[Condition, Any]]) -> list[tuple[str, str]]:
    """Terms whose counts add up to how many records meet the conditions; none where it takes
    more to tell."""
    if not conditions:
        return [EVERY]
    if len(conditions) > 1:
        return []
    ((condition, value),) = conditions.values()
    return condition.exact_terms(value)


def term_counts(kind: str, search: Search) -> tuple[str, list[Any]]:
    """SQL, with its parameters, of how many versions have each term of a search, in their head or
    anywhere, and of how many there are."""
    exact = ["", *(term for term, prefix in search.terms if not prefix)]
    sql = [
        (
            "SELECT role, term, n, retired FROM records_filterstatistics WHERE kind = %s"
            f" AND role IN ('head', 'word') AND term IN ({', '.join(['%s'] * len(exact))})"
        )
    ]
    params: list[Any] = [kind, *exact]
    for begun in (term for term, prefix in search.terms if prefix):
        for role in ("head", "word"):
            sql.append(
                f"SELECT '{role}', CAST(%s AS text), CAST(COALESCE(sum(n), 0) AS integer),"
                " CAST(COALESCE(sum(n) - max(n - retired), 0) AS integer) FROM"
                " (SELECT n, retired FROM records_filterstatistics"
                f" WHERE kind = %s AND role = '{role}'"
                f" AND term >= %s AND term < %s LIMIT {seldom() + 1}) AS {role}_begun"
            )
            params += [f"{begun}*", kind, begun, begun + LAST]
    return " UNION ALL ".join(sql), params


LAST = chr(0x10FFFF)
"""Comes after all that a word may go on with."""


def rare_finds(words: Any, search: Search) -> tuple[str, list[Any]]:
    """SQL, with its parameters, of the ids of records that have all terms of a search, one more
    than are rare; null where so many have each term that many must have all of them, for then
    looking is slow on PostgreSQL, which finds all before it gives the first."""
    sql, params = [], []
    for role in ("head", "word"):
        found, found_params = words.matching(search, head=role == "head")
        at_least = (
            f"(SELECT COALESCE(sum(n), 0) FROM counted WHERE role = '{role}' AND term <> '')"
            f" - {len(search.terms) - 1} * (SELECT COALESCE(max(n), 0) FROM counted"
            f" WHERE role = '{role}' AND term = '')"
        )
        sql.append(
            f"SELECT 'found_{role}', CASE WHEN {at_least} <= {seldom()} THEN"
            " (SELECT COALESCE(string_agg(CAST(record_id AS text), ','), '')"
            f" FROM ({found} LIMIT {seldom() + 1}) AS finds) END, 0, 0"
        )
        params += found_params
    told = f"{' UNION ALL '.join(sql)} UNION ALL SELECT role, term, n, retired FROM counted"
    return told, params


def folded_names(vocabulary: str) -> dict[str, str]:
    """Everything that a term is called, folded → its code."""
    model: Any = Party if vocabulary == "party" else Item
    names: dict[str, str] = {}
    for known, name, aliases in model.objects.values_list("code", "name", "aliases"):
        names |= {fold(alias): known for alias in aliases}
        names |= {fold(known): known, fold(name): known}
    return names


def unknown_code(
    parameter: str, vocabulary: str, code: str, names: dict[str, str]
) -> ParameterError:
    """The error for a code that does not exist, with the one that was probably meant."""
    match = nearest(fold(code.replace("-", " ")), names) or nearest(fold(code), names)
    suggestion = names[match] if match else None
    hint = f" Did you mean `{suggestion}`?" if suggestion else ""
    where = "/api/v1/parties/" if vocabulary == "party" else "/api/v1/items/"
    return ParameterError(
        parameter,
        "unknown_code",
        f"`{code[:60]}` is no code of {where}.{hint}",
        suggestion,
    )


def unknown_revision(asked: int, newest: int) -> Problem:
    return Problem(
        404,
        "unknown_revision",
        "No such revision",
        f"There is no revision {asked}; the newest is {newest}."
        if newest
        else "Nothing has been published yet.",
    )


def shown_revision(asked: int | None, newest: int) -> int:
    """The number of the revision that is asked for, by default of the newest."""
    if asked is None:
        return newest
    if asked > newest:
        raise unknown_revision(asked, newest)
    return asked


class RecordQuery:
    """The records of one kind that meet the conditions, as of a revision."""

    def __init__(
        self,
        model: Any,
        conditions: dict[str, tuple[Condition, Any]],
        asked: int | None,
    ) -> None:
        self.model = model
        self.conditions = conditions
        terms: list[tuple[str, str]] = []
        codes: dict[str, list[str]] = {"party": [], "item": []}
        for condition, value in conditions.values():
            terms += condition.terms(value)
            if condition.vocabulary:
                codes[condition.vocabulary] += condition.codes(value)
        self.exact = exact_terms(conditions)
        terms += [term for term in self.exact if term not in terms]
        figure = self.on_figures()
        sized = any(condition.probed for condition, _ in figure.values())
        probe = self.probe(figure) if sized else self.in_series_probe()
        self.search: Search | None = conditions["search"][1] if "search" in conditions else None
        sought = (model.child("words"), self.search) if self.search else None
        self.plan = make_plan(model.KIND, terms, codes["party"], codes["item"], probe, sought)
        self.revision = shown_revision(asked, self.plan.revision)
        self.check_codes()

    def check_codes(self) -> None:
        unknown = [
            (name, condition.vocabulary, code)
            for name, (condition, value) in self.conditions.items()
            for code in condition.codes(value)
            if code not in self.plan.known
        ]
        if unknown:
            names = {name: folded_names(name) for name in {row[1] for row in unknown}}
            raise InvalidParameters(
                [
                    unknown_code(name, vocabulary, code, names[vocabulary])
                    for name, vocabulary, code in unknown[:MAX_ERRORS]
                ]
            )

    def on_figures(self) -> dict[str, tuple[Condition, Any]]:
        """The conditions on figures, all to hold for one and the same."""
        return {
            name: (condition, value)
            for name, (condition, value) in self.conditions.items()
            if isinstance(condition, FigureParameter)
        }

    def rarity(self, condition: Condition, value: Any) -> int | None:
        """About how many versions meet the condition; None where nothing is counted."""
        if isinstance(value, Search):
            found = self.plan.found.get(SCOPES[value.tier])
            # Sorting them must be less work than walking to a page of them.
            versions = self.plan.counts.get(EVERY, 0)
            sortable = found is not None and len(found) ** 2 <= FEW * versions
            return len(found) if found is not None and sortable else None
        terms = condition.terms(value)
        return sum(self.plan.counts.get(term, 0) for term in terms) if terms else None

    def few(self, search: Search | None) -> list[int] | None:
        """Ids of all records that may match, if they are known to be few."""
        known = [] if self.plan.few is None else [self.plan.few]
        if search is not None:
            found = self.plan.found.get(SCOPES[search.tier])
            if found is not None and len(found) <= FEW:
                known.append(found)
        return sorted(set.intersection(*map(set, known))) if known else None

    def tiers(self) -> list[int]:
        """The tiers that a search may find something in, in their order."""
        search, counts = self.search, self.plan.counts
        if search is None:
            return []
        if search.is_told_by_terms and all(
            not prefix and counts.get(("head", term), 0) == counts.get(("word", term), 0)
            for term, prefix in search.terms
        ):
            # Whoever has them has them in the head.
            return [HEAD]
        return [HEAD, BODY]

    def queryset(self, ordering: "Ordering", tier: int | None = None) -> tuple[QuerySet, str, Q]:
        """The matching records, or those of one tier of the search; the prefix under which the
        driving join repeats the date and the id by which it is ordered ("" where nothing is
        joined); and what is asked of that join.

        The last must go into one `filter()` together with the cursor's condition: every further
        one would join again, and repeat the records.
        """
        rows = self.model.objects.in_force(self.revision)
        if self.counted() == 0:
            return rows.none(), "", Q()
        figure = self.on_figures()
        tested = {
            name: pair
            for name, pair in self.conditions.items()
            if name not in figure and name not in ("latest", "counted")
        }
        search = self.search
        if search is not None and tier is not None:
            search = search.of_tier(tier)
            tested["search"] = tested["search"][0], search
        prefix, joined = "", Q()
        few = self.few(search)
        if few is not None:
            rows = rows.filter(pk__in=few if len(few) <= FEW else listed(few))
        else:
            rows, prefix, joined, driver = self.drive(rows, tested, figure, ordering)
            if driver != "search":
                # What the index of words finds has the terms, and need not have the phrase.
                tested.pop(driver, None)
            if driver == "item" and (len(figure) == 1 or joined):
                figure = {}
        for name, (condition, value) in tested.items():
            if prefix and name in ("as_of_from", "as_of_to"):
                # The driving join repeats the date, and its index is bounded by it.
                joined &= Q(**{f"{prefix}{condition.lookup}": value})
            elif name == "changed_since" and ordering.column != "published_in":
                rows = rows.filter(unindexed(self.model, condition.lookup, value))
            else:
                rows = rows.filter(condition.test(self.model, value))
        if figure:
            rows = rows.filter(Exists(self.figures_of_record(figure)))
        if "latest" in self.conditions:
            rows = rows.filter(self.latest(self.conditions["latest"][1]))
        if "counted" in self.conditions:
            asked = self.conditions["counted"][1]
            counted = counted_records(self.without("counted"), asked)
            rows = rows.filter(pk__in=among(counted))
        return rows, prefix, joined

    def page(
        self, ordering: "Ordering", cursor: Cursor | None, size: int
    ) -> list[tuple[str, Any, str, int]]:
        """So many matching records from the cursor on (backward: in reverse, up to it), those of
        an earlier tier first: document, value by which they are ordered, id and tier."""
        backward = cursor is not None and cursor.backward
        tiers: list[int | None] = [*self.tiers()] if ordering.tiered else [None]
        if backward:
            tiers.reverse()
        if ordering.tiered and cursor is not None:
            tiers = tiers[tiers.index(cursor.tier) :]
        parts: list[QuerySet] = []
        for tier in tiers:
            rows, prefix, joined = self.queryset(ordering, tier)
            # From the cursor on in its own tier, from one end in the next.
            place = cursor if not parts else None
            rows = ordering.apply(rows, prefix, place, joined=joined, backward=backward)
            parts.append(
                rows.values_list(
                    "document__body",
                    ordering.key(prefix),
                    f"{prefix}public_id",
                    Value(tier or 0, output_field=IntegerField()),
                )[:size]
            )
        return list(parts[0]) if len(parts) == 1 else in_turn(parts, size)

    def count(self) -> int:
        """How many records match."""
        counted = self.counted()
        if counted is None and self.shows_newest:
            counted = self.told()
        if counted is not None:
            return counted
        if len(self.conditions) == 1:
            ((condition, value),) = self.conditions.values()
            if isinstance(condition, LatestParameter):
                overtaken = self.overtaken().count()
                return self.without("latest").count() - overtaken if value else overtaken
            if condition.terms(value):
                # To look up all that meet it is less work than to test all records.
                rows = self.model.objects.in_force(self.revision)
                return rows.filter(pk__in=condition.ids(self.model, value)).count()
        return self.selection().count()

    @property
    def shows_newest(self) -> bool:
        """Whether it is asked as of the newest revision, of which counts are kept."""
        return self.revision == self.plan.revision

    def counted(self) -> int | None:
        """How many records match, where publishing has counted them: at the newest revision,
        under no condition or one of a single term; 0 where none has any of its terms."""
        if not self.revision:
            return 0  # before the first
        if not self.exact or not self.shows_newest:
            return None
        total = sum(self.plan.in_force.get(term, 0) for term in self.exact)
        return total if len(self.exact) == 1 or not total else None

    def told(self) -> int | None:
        """How many match one condition at the newest revision, by what publishing has counted of
        records that have any of several terms, or figures from any of several statements; or by
        the index of words."""
        if len(self.conditions) != 1:
            return None
        ((condition, value),) = self.conditions.values()
        if isinstance(value, Search):
            return self.indexed(value)
        if isinstance(condition, StatementParameter):
            keys = condition.statements(value).annotate(key=Cast("pk", CharField()))
            return having_any(self.model.KIND, "statement", keys.values("key"), self.revision)
        if self.exact:
            roles, terms = zip(*self.exact, strict=True)
            return having_any(self.model.KIND, roles[0], terms, self.revision)
        return None

    def indexed(self, search: Search) -> int | None:
        """How many have all that is sought at the newest revision: those that the index of words
        finds, less the versions that have ended, or came since the revision was read. None where
        so many have ended that this is slow."""
        every = self.plan.in_force.get(EVERY, 0)
        if self.plan.counts.get(EVERY, 0) - every > HASHED:
            return None

        def narrows(phrase: Phrase) -> bool:
            term, prefix = phrase.terms[0]
            having = self.plan.in_force.get(("word", f"{term}*" if prefix else term), 0)
            return not phrase.is_told_by_terms or having < every

        narrowing = tuple(phrase for phrase in search.phrases if narrows(phrase))
        if not narrowing:
            return every
        found, params = self.model.child("words").having(replace(search, phrases=narrowing))
        table = self.model._meta.db_table
        with connection.cursor() as cursor:
            cursor.execute(
                f"SELECT count(*) FROM ({found}) AS found WHERE record_id NOT IN"
                f" (SELECT id FROM {table} WHERE retired_in_id <= %s) AND record_id NOT IN"
                f" (SELECT id FROM {table} WHERE published_in_id > %s)",
                [*params, self.revision, self.revision],
            )
            return cursor.fetchone()[0]

    def selection(self) -> QuerySet:
        """All matching records, in no order."""
        rows, _, joined = self.queryset(Ordering("id", {"id": "public_id"}))
        return rows.filter(joined)

    def without(self, name: str) -> "RecordQuery":
        """The same query less one condition."""
        query = copy(self)
        query.exact = []
        query.conditions = {key: pair for key, pair in self.conditions.items() if key != name}
        return query

    def chosen_figures(self, selection: QuerySet) -> set[int] | None:
        """Of the selected records the figures that meet the conditions on figures; None where
        there are no such conditions."""
        figure = self.on_figures()
        if not figure:
            return None
        key = "figure_id" if "item" in figure else "pk"
        return set(self.figures(figure).filter(record__in=selection).values_list(key, flat=True))

    def drive(
        self, rows: QuerySet, tested: dict, figure: dict, ordering: "Ordering"
    ) -> tuple[QuerySet, str, Q, str]:
        """Let the rarest counted condition drive the query."""
        counted = []
        for name, (condition, value) in {**tested, **figure}.items():
            rarity = self.rarity(condition, value)
            if rarity is not None:
                counted.append((rarity, name, condition, value))
        if not counted:
            return rows, "", Q(), ""
        rarity, name, condition, value = min(counted, key=lambda found: found[0])
        newest_first = ordering.name == f"-{self.model.DATE}"
        if not rarity:
            return rows.none(), "", Q(), name
        few = rarity <= rare()
        join = condition.join(self.model, value)
        if name == "item" and len(figure) > 1:
            join = None
            if newest_first and len(value) == 1 and all(c.indexed for c, _ in figure.values()):
                return rows, "figure_items__", self.first_figure(figure), name
        if join and (newest_first or few):
            relation, matching = join
            joined = Q(
                **{f"{relation}__{key}": wanted for key, wanted in matching.items()},
                **{f"{relation}__published_in__lte": self.revision},
            )
            return rows, f"{relation}__" if newest_first else "", joined, name
        if few and isinstance(value, Search):
            return rows.filter(pk__in=listed(self.plan.found[SCOPES[value.tier]])), "", Q(), name
        if few:
            return rows.filter(pk__in=condition.ids(self.model, value)), "", Q(), name
        return rows, "", Q(), ""

    def first_figure(self, figure: dict) -> Q:
        """What is asked of the join to figures by item where all conditions on figures stand in
        its index: the first figure of a record that meets them, so that none comes twice."""
        matching = Q(figure_items__published_in__lte=self.revision)
        for condition, value in figure.values():
            matching &= condition.figure(value, "figure_items__")
        earlier = self.figures(figure).filter(
            record=OuterRef("pk"), pk__lt=OuterRef("figure_items__pk")
        )
        # Before a record's first figure under the item there is none to look for.
        return matching & (Q(figure_items__lead=True) | Q(~Exists(earlier)))

    def figures(self, conditions: dict) -> QuerySet:
        """The figures that meet all conditions on figures at once."""
        if "item" in conditions:
            model, prefix = self.model.child("figure_items"), "figure__"
        else:
            model, prefix = self.model.child("figures"), ""
        matching = Q()
        for condition, value in conditions.values():
            matching &= condition.figure(value, "" if condition.indexed else prefix)
        return model.objects.filter(matching).order_by()

    def figures_of_record(self, conditions: dict) -> QuerySet:
        """The figures of an outer query's record that meet all conditions on figures at once."""
        if "item" in conditions:
            found = self.figures(conditions)
        else:
            model, matching = self.model.child("figures"), Q()
            for condition, value in conditions.values():
                matching &= condition.test(model, value)
            found = model.objects.filter(matching).order_by()
        return found.filter(record=OuterRef("pk"))

    def probe(self, figure: dict) -> QuerySet:
        """Ids of records with such a figure: one more than a probe gives."""
        sought = {
            name: (condition, value)
            for name, (condition, value) in figure.items()
            if condition.probed or condition.indexed or name == "measure"
        }
        found = self.figures(sought).values_list("record_id", flat=True)
        if any(isinstance(condition, ValueParameter) for condition, _ in sought.values()):
            # In the order of an index, so that reading stops at the limit.
            found = found.order_by("high")
        return found[: probed() + 1]

    def in_series(self) -> QuerySet:
        """Versions that belong to a series."""
        return self.model.objects.exclude(series="")

    def in_series_probe(self) -> QuerySet | None:
        """Where overtaken points are sought, ids of all points: one more than a probe gives."""
        if "latest" not in self.conditions or self.conditions["latest"][1]:
            return None
        return self.in_series().values(record_id=F("pk"))[: probed() + 1]

    def overtaken(self) -> QuerySet:
        """The points of series after which a later one comes."""
        rows = self.model.objects.in_force(self.revision)
        return rows.filter(self.latest(False), pk__in=self.in_series().values("pk"))

    def latest(self, wanted: bool) -> Any:
        later = (
            self.model.objects.in_force(self.revision)
            .filter(series=OuterRef("series"))
            .exclude(series="")
            .filter(
                Q(as_of__gt=OuterRef("as_of"))
                | Q(as_of=OuterRef("as_of"), public_id__gt=OuterRef("public_id"))
            )
        )
        return ~Exists(later) if wanted else ~Q(series="") & Exists(later)


def having_any(kind: str, role: str, terms: Any, revision: int) -> int | None:
    """How many records have any of the terms (a list, or a subquery) in a role, by their counts
    and those of what records have together, by which the sum of the first is too high. None
    where that does not tell: what some have together is too long, or something was published
    since the revision was read."""
    head = Subquery(RevisionCounter.objects.values("n")[:1])
    counts = (
        FilterStatistics.objects.filter(kind=kind)
        .annotate(now=F("n") - F("retired"), head=head)
        .values_list("role", "term", "now", "head")
    )
    # Not by OR, for which both databases read the counts of all words.
    parts = counts.filter(role=role, term__in=terms), counts.filter(role=f"{role}+")
    single, sets = {}, []
    for of_role, term, n, newest in parts[0].union(parts[1], all=True):
        if newest != revision or (n and not term):
            return None
        if of_role == role:
            single[term] = n
        else:
            sets.append((term, n))
    repeated = sum(n * max(0, len(single.keys() & set(terms.split(" "))) - 1) for terms, n in sets)
    return sum(single.values()) - repeated


def listed(ids: Sequence[int]) -> RawSQL:
    """Many ids as a subquery of one parameter, which the databases take sooner than thousands."""
    if connection.vendor == "sqlite":
        sql = "SELECT value FROM json_each(%s)"
    else:
        sql = "SELECT CAST(value AS bigint) FROM json_array_elements_text(CAST(%s AS json))"
    return RawSQL(sql, [orjson.dumps(ids).decode()])


def in_turn(parts: Sequence[QuerySet], size: int) -> list[tuple[Any, ...]]:
    """The rows of each queryset after those of the one before, by one statement. Both databases
    read the parts of UNION ALL in turn, and the next only if the limit is not reached."""
    sql: list[str] = []
    params: list[Any] = []
    for place, part in enumerate(parts):
        # One that can find nothing has no SQL.
        with suppress(EmptyResultSet):
            part_sql, part_params = part.query.sql_with_params()
            sql.append(f"SELECT * FROM ({part_sql}) AS part_{place}")
            params += part_params
    if not sql:
        return []
    with connection.cursor() as cursor:
        cursor.execute(f"{' UNION ALL '.join(sql)} LIMIT {size}", params)
        return cursor.fetchall()


class Ordering:
    """An ordering that a client may ask for; it always ends in the id."""

    def __init__(
        self,
        name: str,
        columns: dict[str, str],
        nullable: Sequence[str] = (),
        *,
        tiered: bool = False,
    ) -> None:
        self.name = name
        self.tiered = tiered
        """Whether what a search finds in titles and names comes first."""
        self.descending = name.startswith("-")
        self.column = columns[name.lstrip("-")]
        self.nullable = self.column in nullable

    @classmethod
    def of(cls, parameters: Any, unasked: str = "") -> "Ordering":
        """The ordering that a list is asked for; if for none, the given one or the list's own,
        in which a search tells first what it finds by name."""
        asked, usual = parameters.cleaned, parameters.DEFAULT_ORDERING
        name = asked.get("ordering", unasked or usual)
        tiered = "search" in asked and "ordering" not in asked and name == usual
        return cls(name, parameters.ORDERINGS, parameters.NULLABLE, tiered=tiered)

    def key(self, prefix: str) -> str:
        return f"{prefix}{self.column}" if prefix else self.column

    def apply(
        self,
        rows: QuerySet,
        prefix: str,
        cursor: Cursor | None,
        row_id: str = "public_id",
        joined: Q | None = None,
        backward: bool = False,
    ) -> QuerySet:
        """The rows in order, from the cursor on (backward: in reverse, up to it)."""
        backward = backward or (cursor is not None and cursor.backward)
        descending = self.descending != backward
        column, row_id = self.key(prefix), f"{prefix}{row_id}"
        condition = joined or Q()
        if cursor is not None:
            condition &= self.beyond(column, row_id, descending, backward, cursor)
        rows = rows.filter(condition)
        order: list[Any]
        if column == row_id:
            order = [f"-{row_id}" if descending else row_id]
        elif self.nullable:
            # Rows without a value come last, whichever way the list runs.
            way = {"nulls_first": True} if backward else {"nulls_last": True}
            by = F(column)
            order = [
                by.desc(**way) if descending else by.asc(**way),
                f"-{row_id}" if descending else row_id,
            ]
        else:
            sign = "-" if descending else ""
            order = [f"{sign}{column}", f"{sign}{row_id}"]
        return rows.order_by(*order)

    def beyond(
        self, column: str, row_id: str, descending: bool, backward: bool, cursor: Cursor
    ) -> Q:
        """Rows behind the cursor's, in the direction of reading."""
        compare = "lt" if descending else "gt"
        further_id = Q(**{f"{row_id}__{compare}": cursor.row_id})
        if column == row_id:
            return further_id
        if cursor.key is None:
            in_nulls = Q(**{f"{column}__isnull": True}) & further_id
            return in_nulls | Q(**{f"{column}__isnull": False}) if backward else in_nulls
        # Written so that an index on (column, id) bounds the scan.
        behind = Q(**{f"{column}__{compare}e": cursor.key}) & (
            Q(**{f"{column}__{compare}": cursor.key}) | further_id
        )
        if self.nullable and not backward:
            return behind | Q(**{f"{column}__isnull": True})
        return behind
