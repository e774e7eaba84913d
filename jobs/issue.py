"""Issue: freeze the cycle's assignments and send each person one email with all their workbooks."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime

from jobs.absent import ISSUED, not_asked
from jobs.agreed import NO_EDITS, actions_now, by_meeting, decided_last
from jobs.answered import complete, open_rows
from jobs.edits import Edits, edits
from jobs.masters import plans_now
from jobs.office import Office
from jobs.outbox import Envelope, Outgoing, decide, outgoing, workbook_attachment
from jobs.past import issued_before, last_known, unrecorded
from jobs.witness import Keyring, identity
from ledger import assignments, decisions, desk, events, keys, steps
from ledger.records import Assignment, Decision, DeskItem, Event, IntentKey, StepRecord
from ledger.store import Entry
from programme.answer import IssuedRow, LastKnown
from programme.calendar import on_time_until
from programme.cycle import Cycle, Step
from programme.form import Form
from programme.people import Person
from programme.plan import Plan, due_dates
from programme.service import Programme
from programme.standing_facts import asked_actions, excuse_of, own_deadline, plans_in_force
from report.asked import AskedPlan, AskedRow, CopiedFor, CopyLetter, IssueLetter
from workbook.contents import FormContents
from workbook.writing import write_form


@dataclass(frozen=True, slots=True)
class Past:
    """What earlier cycles left: the last known of each (plan, ref), every decision, oldest first, and the edits since.

    ``plans`` are those in force with their masters' actions; None takes the declared ones.
    """

    known: Mapping[tuple[str, str], LastKnown] = field(default_factory=dict)
    decided: tuple[Decision, ...] = ()
    plans: tuple[Plan, ...] | None = None
    edits: Edits = NO_EDITS


@dataclass(frozen=True, slots=True)
class Turn:
    """One issue in the making; ``unrecorded`` is the last cycle whose decisions were never recorded."""

    office: Office
    programme: Programme
    cycle: Cycle
    past: Past
    unrecorded: str
    now: datetime


@dataclass(frozen=True, slots=True)
class Signing:
    """How the assignments of one issue are marked: by which keys, under which configuration, when."""

    keyring: Keyring
    configuration: str
    now: datetime


def fire(office: Office, programme: Programme, step: Step, now: datetime) -> None:
    """Carry out the issue of a cycle: everything is committed at once, nothing is sent here."""
    cycle = programme.cycle(step.cycle)
    with office.ledger.reading() as entry:
        past = past_of(entry, programme, cycle, plans_in_force(programme, programme.local(now).date()))
        missing = unrecorded(entry, programme, cycle)
    issued, vacant = assign(programme, cycle, past, Signing(office.keyring, office.service.hash, now))
    turn = Turn(office, programme, cycle, past, missing[-1].label if missing else "", now)
    messages = list(_messages(turn, issued))
    people = len(by_person(issued))
    with office.ledger.transaction() as entry:
        steps.settle(entry, StepRecord(*step.key, due=step.due, settled_at=now, outcome="done"))
        for assignment in issued:
            assignments.add(entry, assignment)
        decide(entry, messages)
        keys.signed(entry, office.keyring.signing, now)
        for plan, post in vacant:
            desk.open_item(entry, _vacancy(programme, plan, post, now))
        left = not_asked(programme, cycle, past.plans or (), _places(issued), programme.local(now).date())
        events.record(entry, _event(programme, cycle, issued, left, now))
    office.log("issued", cycle=cycle.id, assignments=len(issued), people=people, vacant=len(vacant))


def past_of(entry: Entry, programme: Programme, cycle: Cycle, plans: Sequence[Plan]) -> Past:
    """What an issue of these plans in a cycle starts from, as the ledger has it."""
    return Past(
        last_known(entry, programme, cycle),
        by_meeting(programme.cycles, decisions.of_programme(entry, programme.id)),
        plans_now(entry, programme, plans),
        edits(entry, programme, issued_before(entry, programme, cycle)),
    )


def assign(
    programme: Programme, cycle: Cycle, past: Past, signing: Signing
) -> tuple[tuple[Assignment, ...], tuple[tuple[Plan, str], ...]]:
    """The assignments of a cycle on its issue, in the plans' order, and the (plan, post) pairs without a holder."""
    today = programme.local(signing.now).date()
    issued, vacant = [], []
    for plan in plans_in_force(programme, today) if past.plans is None else past.plans:
        now = replace(plan, actions=actions_now(plan, past.decided, past.edits))
        for post in plan.sponsors:
            if excuse_of(programme, cycle.id, plan.id, post) is not None:
                continue
            holder = programme.posts[post].holder(today)
            if holder is None:
                vacant.append((plan, post))
            else:
                assignment = _assignment(programme, cycle, now, (post, holder), past, signing)
                issued += [assignment] if open_rows(assignment) else []
    return tuple(issued), tuple(vacant)


def by_person(issued: Sequence[Assignment]) -> list[list[Assignment]]:
    """The assignments of each person together, in the order in which people first appear."""
    own: dict[str, list[Assignment]] = {}
    for assignment in issued:
        own.setdefault(assignment.person, []).append(assignment)
    return list(own.values())


def form_contents(
    programme: Programme, cycle: Cycle, assignment: Assignment, keyring: Keyring, on: date | None = None
) -> FormContents:
    """What the workbook of one assignment shows; its deadline is the one in force, which may have moved since.

    ``on`` is the day on which it goes, where that is after the issue: a deadline that is over is said to be.
    """
    plan = programme.plan(assignment.plan)
    deadline = deadline_of(programme, cycle, assignment)
    return FormContents(
        programme=programme.title,
        cycle=cycle.label,
        plan_label=plan.label,
        plan_title=plan.title,
        post=programme.posts[assignment.post].title,
        person=programme.people[assignment.person].name,
        deadline=deadline,
        spg=cycle.spg,
        team=programme.team.name,
        phone=programme.team.phone,
        form=assignment.form,
        rows=assignment.rows,
        identity=identity(keyring, assignment),
        number=cycle.number,
        period=cycle.period,
        past=on is not None and on > deadline,
    )


def asked_plan(
    programme: Programme,
    cycle: Cycle,
    assignment: Assignment,
    refs: Sequence[str],
    decided: Mapping[tuple[str, str], str] | None = None,
) -> AskedPlan:
    """The rows of an assignment that are outstanding, as a message lists them, with the SPG's last word on each."""
    words = decided or {}
    plan = programme.plan(assignment.plan)
    others = (post for post in plan.sponsors if post != assignment.post)
    return AskedPlan(
        label=plan.label,
        title=plan.title,
        file_name=workbook_name(plan, cycle),
        rows=tuple(
            _asked_row(assignment.form, row, words.get((assignment.plan, row.ref), ""))
            for row in assignment.rows
            if row.ref in refs
        ),
        shared_with=tuple(programme.posts[post].title for post in others),
        policy=assignment.policy,
        deadline=deadline_of(programme, cycle, assignment),
        done=tuple(row.ref for row in assignment.rows if complete(assignment.form, row)),
    )


def deadline_of(programme: Programme, cycle: Cycle, assignment: Assignment) -> date:
    """The deadline in force, which may have moved since the assignment was frozen."""
    return own_deadline(programme, cycle, assignment.plan, assignment.post)


def workbook_name(plan: Plan, cycle: Cycle) -> str:
    """A file name that sorts by plan and says which cycle it is: no character that a mail system objects to."""
    name = f"{plan.label} - {cycle.label}"
    return "".join(letter if letter.isalnum() or letter in " -_." else "-" for letter in name) + ".xlsx"


def _assignment(
    programme: Programme, cycle: Cycle, plan: Plan, to: tuple[str, str], past: Past, signing: Signing
) -> Assignment:
    post, holder = to
    assignment_id = "/".join((programme.id, cycle.id, plan.id, post))
    rows = tuple(
        IssuedRow(
            ref=action.ref,
            token=signing.keyring.row_token(assignment_id, action.ref),
            deliverable=action.deliverable,
            due=action.due,
            last=past.known.get((plan.id, action.ref), LastKnown()),
            reference=action.reference,
        )
        for action in asked_actions(plan, post)
    )
    deadline = own_deadline(programme, cycle, plan.id, post)
    return Assignment(
        id=assignment_id,
        programme=programme.id,
        cycle=cycle.id,
        plan=plan.id,
        post=post,
        person=holder,
        form=programme.form,
        rows=rows,
        policy=plan.policy.value,
        configuration=signing.configuration,
        key_id=signing.keyring.signing,
        issued_at=signing.now,
        deadline=deadline,
        on_time_until=on_time_until(programme, deadline),
    )


def _asked_row(form: Form, row: IssuedRow, decision: str) -> AskedRow:
    last = row.last.agreed or row.last.reported
    due, original = due_dates(row.due, row.reference)
    word = form.rating(last).word if last else ""
    agreed = row.last.agreed is not None
    differs = agreed and row.last.reported is not None and row.last.reported != row.last.agreed
    reported = form.rating(row.last.reported).word if differs and row.last.reported else ""
    return AskedRow(row.ref, row.deliverable, due, word, agreed, decision, original, reported)


def _messages(turn: Turn, issued: Sequence[Assignment]) -> Iterator[Outgoing]:
    """The issue to each sponsor, and one copy to each assistant in force, so that either may return it."""
    programme, cycle = turn.programme, turn.cycle
    attached = {
        item.id: workbook_attachment(
            workbook_name(programme.plan(item.plan), cycle),
            write_form(form_contents(programme, cycle, item, turn.office.keyring)),
        )
        for item in issued
    }
    copies: dict[str, list[list[Assignment]]] = {}
    for own in by_person(issued):
        person, assistants = programme.people[own[0].person], assistants_of(programme, own, turn.now)
        letter = _letter(turn, person, own, tuple(assistant.name for assistant in assistants))
        envelope = _envelope(turn, "issue", person, own)
        about = tuple(item.id for item in own)
        yield outgoing(turn.office, envelope, letter, turn.now, [attached[item.id] for item in own], about)
        for assistant in assistants:
            copies.setdefault(assistant.id, []).append(own)
    for assistant_id, copied in copies.items():
        assistant = programme.people[assistant_id]
        together = [item for own in copied for item in own]
        about = tuple(item.id for item in together)
        files = [attached[item.id] for item in together]
        envelope = _envelope(turn, "copy", assistant, together)
        yield outgoing(turn.office, envelope, _copy(turn, assistant, copied), turn.now, files, about)


def _envelope(turn: Turn, kind: str, person: Person, own: Sequence[Assignment]) -> Envelope:
    key = IntentKey(turn.programme.id, turn.cycle.id, kind, person.id, "1")
    return Envelope(key, person, person.address, plans=tuple(dict.fromkeys(item.plan for item in own)))


def _copy(turn: Turn, assistant: Person, copied: Sequence[Sequence[Assignment]]) -> CopyLetter:
    programme = turn.programme
    return CopyLetter(
        programme=programme.title,
        cycle=turn.cycle.label,
        person=assistant.name,
        copied_for=tuple(
            CopiedFor(programme.people[own[0].person].name, min(item.deadline for item in own), _asked(turn, own))
            for own in copied
        ),
        sender=turn.office.sender(programme),
    )


def _asked(turn: Turn, own: Sequence[Assignment]) -> tuple[AskedPlan, ...]:
    before = decided_last(turn.past.decided)
    rows = ([row.ref for row in open_rows(item)] for item in own)
    return tuple(
        asked_plan(turn.programme, turn.cycle, item, refs, before) for item, refs in zip(own, rows, strict=True)
    )


def assistants_of(programme: Programme, own: Sequence[Assignment], now: datetime) -> tuple[Person, ...]:
    """The assistants in force of the posts of these assignments, once each."""
    on = programme.local(now).date()
    holdings = (holding for item in own for holding in programme.posts[item.post].assistants)
    named = dict.fromkeys(holding.person for holding in holdings if holding.in_force(on))
    return tuple(programme.people[person] for person in named if person != own[0].person)


def _letter(turn: Turn, person: Person, own: Sequence[Assignment], copied: tuple[str, ...]) -> IssueLetter:
    programme, cycle = turn.programme, turn.cycle
    return IssueLetter(
        programme=programme.title,
        cycle=cycle.label,
        person=person.name,
        deadline=min(item.deadline for item in own),
        spg=cycle.spg,
        spg_name=programme.spg.name,
        plans=_asked(turn, own),
        sender=turn.office.sender(programme),
        issued_late=programme.local(turn.now).date() > cycle.issue,
        unrecorded=turn.unrecorded,
        copied=copied,
        follows=follows(programme),
    )


def follows(programme: Programme) -> tuple[str, ...]:
    """The steps that this programme still has for a sponsor after the issue: what is switched off is not promised."""
    ladder = programme.ladder
    has = {"reminder": ladder.reminder_at, "review": ladder.review_at, "chase": ladder.rungs}
    return tuple(name for name, setting in has.items() if setting)


def _vacancy(programme: Programme, plan: Plan, post: str, now: datetime) -> DeskItem:
    reason = f"{plan.label} was not issued: nobody holds the post {programme.posts[post].title}."
    advice = "Name a holder in people.yaml; the plan is issued to them in the next cycle."
    return DeskItem(0, now, "vacant post", reason, advice)


def _places(issued: Sequence[Assignment]) -> set[tuple[str, str]]:
    return {(item.plan, item.post) for item in issued}


def _event(
    programme: Programme, cycle: Cycle, issued: Sequence[Assignment], left: Mapping[str, str], now: datetime
) -> Event:
    return Event(
        at=now,
        who="plancycle",
        what=ISSUED,
        about=f"{len(issued)} assignments to {len(by_person(issued))} people",
        programme=programme.id,
        cycle=cycle.id,
        detail={item.id: item.person for item in issued} | dict(left),
    )
