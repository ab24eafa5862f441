"""Totals that cannot be wrong: plain functions over plain rows, without HTTP or a database.

What a caller does:

1. Make a `figures.Figure` of every row of a figure table that may be in the query, with all other
   figures of the same records and all running and period totals of the kind, and `links.Links` of
   all published records of all kinds. Unlinked singles of equal sides may come summed, as one row.
2. `prepare.prepare(figures, links, include, milestone)`, once per revision, `include` and
   `milestone`: it can be kept and queried many times.
3. `answer.answer(prepared, scopes.Query(...))` gives one `answer.Total` per measure and unit or
   currency; `groups.grouped` gives them by group; `answer.known_missing` the records that name
   uncounted amounts. `milestones.stage_of` derives a record's stage, `milestones.dates_of` its
   dates.

`docs/decisions/0020-totals-prove-a-minimum.md` explains the rules.
"""
