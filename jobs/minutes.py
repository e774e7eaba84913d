"""The decisions workbook: what the SPG is asked and what it decided, in the same kind of form as everybody's."""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime

from jobs.absent import as_issued
from jobs.addendum import as_sent
from jobs.agreed import STAYS_OPEN
from jobs.answered import answered_at_all
from jobs.masters import plans_now
from jobs.new_actions import NewActions, in_the_past
from jobs.office import Office
from jobs.past import ENDORSED, last_known
from jobs.standing import Around, stand
from jobs.witness import Keyring, identity
from ledger import decisions, events
from ledger.records import Assignment, Decision
from ledger.store import Entry
from programme.answer import WITHDRAWN, Answers, IssuedRow, LastKnown, says_nothing
from programme.calendar import on_time_until
from programme.cycle import Cycle
from programme.form import Column, Field, Form, Kind
from programme.service import Programme
from report.prose import plain_date
from report.standing import PlanStanding, RowStanding, Standing
from report.summary import ask_lines, summarise
from workbook.contents import FormContents, ReturnedForm, Sheets
from workbook.matching import match
from workbook.writing import write_form

PLAN = "decisions"
YES = "Yes"
NO = "No"

MEETING_ASKED = "meeting asked"

# What is asked changes with every return; that a cell has the words of the day of the meeting is no news.
_ASK = "What is asked"


def form(ratings: Form, revised: bool = False) -> Form:
    """The decisions form, with the programme's own ratings; with the first due dates where some were revised since."""
    first = (Column("original_due", "Originally due", Kind.DATE, width=12),) if revised else ()
    return Form(
        id=PLAN,
        title="Decisions",
        columns=(
            Column("ref", "Ref", width=9),
            Column("plan", "Plan", width=16),
            Column("deliverable", "Deliverable", width=34),
            Column("due", "Due", Kind.DATE, width=12),
            *first,
            Column("last_rating", "Sponsor's rating", width=16),
            Column("ask", _ASK, width=34),
            Column("rating", "Agreed rating", Kind.RATING, answered=True, width=14),
            Column("new_date", "Revised due date", Kind.DATE, answered=True, width=14),
            Column("closed", "Close the action", Kind.CHOICE, answered=True, width=12, choices=(YES, NO)),
            Column("wording", "New wording", answered=True, width=28),
            Column("progress", "Decision", answered=True, width=34),
        ),
        fields=(
            Field("endorsed", "Endorsed: every rating not decided otherwise is agreed as reported", Kind.TICK),
            Field(
                "new_actions",
                "New actions, one a line",
                hint="Plan; Ref; what is to be delivered; due date; lead. Such as: Big Action 3; 3.7; Open the hub;"
                " 2021-06-30; SM Homecare",
            ),
            Field("anything_else", "Anything else that was decided"),
        ),
        ratings=ratings.ratings,
    )


@dataclass(frozen=True, slots=True)
class Line:
    """One row of the decisions workbook: the action it is about, under a ref that is unique in the workbook."""

    ref: str
    plan: PlanStanding
    row: RowStanding


def lines(papers: Standing) -> tuple[Line, ...]:
    """Every action of the papers, in their order. Where two plans share a ref, the plan's id goes before it."""
    shared = Counter(row.ref for plan in papers.plans for row in plan.rows)
    return tuple(
        Line(row.ref if shared[row.ref] == 1 else f"{plan.id} {row.ref}", plan, row)
        for plan in papers.plans
        for row in plan.rows
    )


def assignment(keyring: Keyring, programme: Programme, cycle: Cycle, papers: Standing, now: datetime) -> Assignment:
    """The workbook's own identity: it is asked of the planning team, and is no return of any plan."""
    name = "/".join((programme.id, cycle.id, PLAN, "team"))
    asks = _asks(papers)
    rows = tuple(
        IssuedRow(
            ref=line.ref,
            token=keyring.row_token(name, line.ref),
            deliverable=line.row.deliverable,
            due=line.row.due,
            last=LastKnown(reported=line.row.rating),
            reference={
                "plan": line.plan.label,
                "original_due": line.row.original_due.isoformat() if line.row.original_due else "",
                "ask": "; ".join(asks.get((line.plan.id, line.row.ref), ())),
            },
        )
        for line in lines(papers)
    )
    return Assignment(
        id=name,
        programme=programme.id,
        cycle=cycle.id,
        plan=PLAN,
        post="team",
        person="",
        form=form(papers.form, any(line.row.original_due for line in lines(papers))),
        rows=rows,
        policy="all",
        configuration="",
        key_id=keyring.signing,
        issued_at=now,
        deadline=cycle.spg,
        on_time_until=on_time_until(programme, cycle.spg),
    )


def workbook(office: Office, programme: Programme, cycle: Cycle, papers: Standing, now: datetime) -> bytes:
    """The decisions workbook of a meeting, pre-filled with every ask."""
    own = assignment(office.keyring, programme, cycle, papers, now)
    return write_form(
        FormContents(
            programme=programme.title,
            cycle=cycle.label,
            plan_label="Decisions",
            plan_title=f"{programme.spg.name}, {plain_date(cycle.spg)}",
            post=programme.team.name,
            person=programme.team.name,
            deadline=cycle.spg,
            spg=cycle.spg,
            team=programme.team.name,
            phone=programme.team.phone,
            form=own.form,
            rows=own.rows,
            identity=identity(office.keyring, own),
        )
    )


@dataclass(frozen=True, slots=True)
class Minutes:
    """What a decisions workbook says, ready to be recorded; ``problems`` are sentences for whoever filled it in."""

    programme: Programme
    cycle: Cycle
    decided: tuple[Decision, ...]
    problems: tuple[str, ...]

    @property
    def endorsed(self) -> bool:
        return any(item.kind == "endorsed" and item.words.startswith(ENDORSED) for item in self.decided)


def read_minutes(
    office: Office, entry: Entry, where: tuple[Programme, Cycle], sheets: Sheets, by: str, now: datetime
) -> Minutes:
    """Read a decisions workbook against the cycle's papers. Reads the ledger, writes nothing."""
    programme, cycle = where
    papers = _at_the_meeting(entry, programme, cycle, now)
    own = assignment(office.keyring, programme, cycle, papers, now)
    returned = match(own.form, own.rows, sheets)
    by_ref = {line.ref: line for line in lines(papers)}
    made = _Made(programme, cycle, by, now)
    rows, past = _with_dates_ahead([_said(answers) for answers in returned.rows], cycle)
    fields = {name: text for name, text in returned.fields.items() if not says_nothing(text)}
    decided = [made.row(by_ref[answers.ref], answers) for answers in rows if answers.values]
    endorsed = returned.fields.get("endorsed", "") == "yes"
    if endorsed:
        before = decisions.of_cycle(entry, programme.id, cycle.id)
        spoken = {(item.plan, item.ref) for item in (*before, *decided) if item.agreed}
        decided += [made.as_reported(line) for line in by_ref.values() if line.row.rating and _of(line) not in spoken]
        order = {_of(line): place for place, line in enumerate(by_ref.values())}
        decided.sort(key=lambda item: order[item.plan, item.ref])
    in_use, cell = _refs_in_use(entry, programme, cycle), returned.places.get("new_actions", "")
    new, problems = NewActions(programme, cycle, by, now, in_use, cell).read(fields.get("new_actions", ""))
    whole = fields.get("anything_else", "")
    if endorsed or whole:
        decided.append(made.whole(whole if not endorsed else f"{ENDORSED} {whole}".strip()))
    return Minutes(programme, cycle, (*decided, *new), (*_problems(returned), *past, *problems))


def ratings(papers: Standing) -> dict[str, str]:
    """The rating of every row that the SPG is asked about, kept with an event: decisions are read against them."""
    return {_key(plan, row): row.rating or "" for plan in papers.plans for row in plan.rows}


def recorded(entry: Entry, programme: Programme, cycle: Cycle) -> bool:
    """Whether any decision of this meeting was recorded."""
    return bool(decisions.of_cycle(entry, programme.id, cycle.id))


def asked(papers: Standing) -> tuple[str, ...]:
    """The numbered asks as the papers print them."""
    return ask_lines(summarise(papers))


@dataclass(frozen=True, slots=True)
class _Made:
    """Makes the decisions of one meeting."""

    programme: Programme
    cycle: Cycle
    by: str
    now: datetime

    def row(self, line: Line, answers: Answers) -> Decision:
        values = answers.values
        due = values.get("new_date")
        stays = STAYS_OPEN if values.get("closed") == NO else ""
        return Decision(
            at=self.now,
            programme=self.programme.id,
            cycle=self.cycle.id,
            plan=line.plan.id,
            ref=line.row.ref,
            kind="row",
            by=self.by,
            agreed=values.get("rating"),
            revised_due=date.fromisoformat(due) if due else None,
            closed=values.get("closed") == YES,
            deliverable=values.get("wording", ""),
            words=f"{stays} {values.get('progress', '')}".strip(),
        )

    def as_reported(self, line: Line) -> Decision:
        return self.row(line, Answers(line.row.ref, {"rating": line.row.rating or ""}))

    def whole(self, words: str) -> Decision:
        return Decision(self.now, self.programme.id, self.cycle.id, "", "", "endorsed", self.by, words=words)


def _said(answers: Answers) -> Answers:
    """What a row of the workbook decides: “none” in a cell decides nothing."""
    words = ("wording", "progress")
    kept = {
        name: text
        for name, text in answers.values.items()
        if text != WITHDRAWN and not (name in words and says_nothing(text))
    }
    return replace(answers, values=kept)


def _with_dates_ahead(rows: Sequence[Answers], cycle: Cycle) -> tuple[tuple[Answers, ...], tuple[str, ...]]:
    """The rows without revised dates that were over by the meeting, and a question about each.

    A row that is closed may say when it was done.
    """
    kept, asked_about = [], []
    for answers in rows:
        day = date.fromisoformat(answers.values.get("new_date", cycle.spg.isoformat()))
        if day < cycle.spg and answers.values.get("closed") != YES:
            cell = answers.places.get("new_date", f"Row {answers.ref}")
            rest = {key: text for key, text in answers.values.items() if key != "new_date"}
            counts = f"; the rest of row {answers.ref} counts" if rest else ""
            asked_about.append(f"{cell} says {in_the_past(day, cycle)}. Put the date that was agreed{counts}.")
            answers = replace(answers, values=rest)
        kept.append(answers)
    return tuple(kept), tuple(asked_about)


def _at_the_meeting(entry: Entry, programme: Programme, cycle: Cycle, now: datetime) -> Standing:
    """The papers with the rows and the ratings that the meeting had, those of plans that were withdrawn since too."""
    items = answered_at_all(entry, programme, cycle)
    known = last_known(entry, programme, cycle)
    around = Around(draft=False, known=known, not_asked=as_issued(entry, programme, cycle))
    papers = stand(programme, cycle, items, now, around)
    then = _ratings_then(entry, papers, programme, cycle)
    if not then:
        return papers
    plans = (
        replace(
            plan,
            rows=tuple(
                replace(row, rating=then[_key(plan, row)] or None) for row in plan.rows if _key(plan, row) in then
            ),
        )
        for plan in papers.plans
    )
    return replace(papers, plans=tuple(plan for plan in plans if plan.rows))


def _ratings_then(entry: Entry, papers: Standing, programme: Programme, cycle: Cycle) -> Mapping[str, str]:
    """The ratings on the day of the meeting, or those that the papers printed; empty where neither took place."""
    asked_then = [item for item in events.of_cycle(entry, programme.id, cycle.id) if item.what == MEETING_ASKED]
    if asked_then:
        return asked_then[-1].detail
    marks = as_sent(entry, programme, cycle)
    printed = {key: mark.rpartition(" ")[0] for key, mark in marks.items()}
    ids = {rating.id for rating in papers.form.ratings}
    return {key: rating if rating in ids else "" for key, rating in printed.items()}


def _refs_in_use(entry: Entry, programme: Programme, cycle: Cycle) -> frozenset[tuple[str, str]]:
    """Every (plan, ref) that a new action cannot have; one that this very meeting made may be said again."""
    plans = (*programme.plans, *plans_now(entry, programme, programme.plans))
    new = [item for item in decisions.of_programme(entry, programme.id) if item.kind == "new"]
    declared = {(plan.id, action.ref) for plan in plans for action in plan.actions}
    said_again = {_about(item) for item in new if item.cycle == cycle.id}
    return frozenset(declared | {_about(item) for item in new}) - said_again


def _key(plan: PlanStanding, row: RowStanding) -> str:
    return f"{plan.id} {row.ref}"


def _about(decision: Decision) -> tuple[str, str]:
    return decision.plan, decision.ref


def _of(line: Line) -> tuple[str, str]:
    return line.plan.id, line.row.ref


def _asks(papers: Standing) -> Mapping[tuple[str, str], tuple[str, ...]]:
    by_row: dict[tuple[str, str], tuple[str, ...]] = {}
    for ask in summarise(papers).asks:
        key = (ask.plan.id, ask.row.ref if ask.row else "")
        by_row[key] = (*by_row.get(key, ()), ask.sentence)
    return by_row


def _problems(returned: ReturnedForm) -> Iterator[str]:
    for answers in returned.rows:
        yield from answers.problems.values()
    yield from (note.sentence for note in returned.notes if not note.sentence.startswith(f"We left {_ASK} in "))
