"""What the papers said, marked so that what changed since is found and told: the matter of the addendum."""

import hashlib
import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from programme.form import Kind
from report.answers import differences
from report.highlights import is_highlights
from report.prose import cut, says_nothing
from report.standing import SERVED, PlanStanding, RowStanding, SponsorStanding, Standing

# No plan's id begins with it: the marks of rows are by plan and ref alone.
_PLAN, _SPONSOR, _FIELD = "@plan ", "@sponsor ", "@field "
_LONGEST = 600


def marks(papers: Standing) -> dict[str, str]:
    """A mark of everything that the papers say of a plan, kept with the event so that later changes are found.

    By "plan ref" each row's rating or status with a hash of the rest; each plan's label; each sponsor's state; a hash
    of each answer about a plan as a whole.
    """
    found: dict[str, str] = {}
    for plan in papers.plans:
        found[f"{_PLAN}{plan.id}"] = plan.label
        found |= {_row_key(plan, row): _row_mark(row) for row in plan.rows}
        for sponsor in plan.sponsors:
            found[_sponsor_key(plan, sponsor)] = sponsor.state
            found |= {_field_key(plan, sponsor, name): _hash(text) for name, text in _said(papers, sponsor)}
    return found


def changed(latest: Standing, before: Mapping[str, str], gone: Mapping[str, str]) -> tuple[str, ...]:
    """A line for everything that is not what the papers said, in the papers' order, then what is gone from them.

    ``before`` are the marks of the papers that went; empty where none did, and then nothing has changed. ``gone`` says
    by plan id why a plan is no part of the cycle any more.
    """
    if not before:
        return ()
    since = _Since(latest, before)
    lines = [line for plan in latest.plans for line in since.plan(plan)]
    return (*lines, *since.gone(gone))


@dataclass(frozen=True, slots=True)
class _Since:
    latest: Standing
    before: Mapping[str, str]

    def plan(self, plan: PlanStanding) -> Iterator[str]:
        if f"{_PLAN}{plan.id}" not in self.before:
            yield f"{plan.label}, {plan.title}, is part of the papers now; they went without it"
        for sponsor in plan.sponsors:
            yield from self._sponsor(plan, sponsor)
        for row in plan.rows:
            yield from self._row(plan, row)
        yield from self._rows_gone(plan)

    def gone(self, reasons: Mapping[str, str]) -> Iterator[str]:
        left = {f"{_PLAN}{plan.id}" for plan in self.latest.plans}
        for key, label in self.before.items():
            if key.startswith(_PLAN) and key not in left:
                why = reasons.get(key.removeprefix(_PLAN), "")
                yield f"{label} is no part of the papers any more{f': {why}' if why else ''}"

    def _sponsor(self, plan: PlanStanding, sponsor: SponsorStanding) -> Iterator[str]:
        was = self.before.get(_sponsor_key(plan, sponsor))
        if was is not None and was != sponsor.state:
            yield f"{plan.label}, {sponsor.post}: {_state(sponsor.state)} (the papers said {_state(was)})"
        said = dict(_said(self.latest, sponsor))
        for field in self.latest.form.fields:
            was, text = self.before.get(_field_key(plan, sponsor, field.id)), said.get(field.id, "")
            if was != (_hash(text) if text else None):
                what = "the papers had nothing here" if was is None else "the papers had other words"
                yield f"{plan.label}, {sponsor.post}, {field.header}: {self._text(field.id, text)} ({what})"

    def _text(self, field: str, text: str) -> str:
        """An answer as the papers' page one has it, or that it stands on the sheet of the plan only."""
        if not text:
            return "nothing any more"
        on_page_one = field == "ask" or is_highlights(self.latest)
        return cut(text, _LONGEST) if on_page_one else "new words, on the sheet of the plan"

    def _row(self, plan: PlanStanding, row: RowStanding) -> Iterator[str]:
        was = self.before.get(_row_key(plan, row), "")
        if was != _row_mark(row):
            then = f"the papers said {self._word(was)}" if was else "the papers did not have it"
            yield f"{plan.label}, {row.ref} {row.deliverable}: {self._now(row)} ({then})"

    def _rows_gone(self, plan: PlanStanding) -> Iterator[str]:
        left = {_row_key(plan, row) for row in plan.rows}
        for key, was in self.before.items():
            if key.startswith(f"{plan.id} ") and key not in left:
                ref = key.removeprefix(f"{plan.id} ")
                yield f"{plan.label}, {ref}: no part of the papers any more (they said {self._word(was)})"

    def _word(self, mark: str) -> str:
        name = mark.rpartition(" ")[0]
        return next((rating.word for rating in self.latest.form.ratings if rating.id == name), name)

    def _now(self, row: RowStanding) -> str:
        word = self.latest.form.rating(row.rating).word if row.rating else row.status
        said = f"{word}, and the sponsors differ: {differences(self.latest.form, row)}" if row.differences else word
        progress = row.values.get("progress", "")
        return f"{said}. {progress}" if progress else said


def _state(state: str) -> str:
    return {"partial": "returned in part", SERVED: "not needed"}.get(state, state)


def _said(papers: Standing, sponsor: SponsorStanding) -> Iterator[tuple[str, str]]:
    """What a sponsor wrote about the plan as a whole, by field; ticks are for the team alone."""
    for field in papers.form.fields:
        text = sponsor.fields.get(field.id, "")
        if field.kind is not Kind.TICK and not says_nothing(text):
            yield field.id, text


def _row_key(plan: PlanStanding, row: RowStanding) -> str:
    return f"{plan.id} {row.ref}"


def _sponsor_key(plan: PlanStanding, sponsor: SponsorStanding) -> str:
    return f"{_SPONSOR}{plan.id} {sponsor.post}"


def _field_key(plan: PlanStanding, sponsor: SponsorStanding, name: str) -> str:
    return f"{_FIELD}{plan.id} {name} {sponsor.post}"


def _row_mark(row: RowStanding) -> str:
    differing = [[one.post, one.rating] for one in row.differences]
    content = json.dumps([row.rating, dict(row.values), differing], sort_keys=True, ensure_ascii=False)
    return f"{row.rating or row.status} {_hash(content)}"


def _hash(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()[:12]
