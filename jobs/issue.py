"""Issue: freeze the cycle's assignments and send each person one email with all their workbooks."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime

from jobs.absent import ISSUED, not_asked
from jobs.agreed import NO_EDITS, actions_now, by_meeting, decided_last
from jobs.answered import complete, open_rows
from jobs.closing import next_papers
from jobs.due import to_expect
from jobs.edits import Edits, edits
from jobs.masters import plans_now
from jobs.office import Office
from jobs.outbox import Envelope, Outgoing, decide, outgoing, workbook_attachment
from jobs.own_desk import VACANT_POST
from jobs.past import issued_before, last_known, unrecorded
from jobs.witness import Keyring, identity
from ledger import assignments, decisions, desk, events, keys, steps
from ledger.records import Assignment, Decision, DeskItem, Event, IntentKey, StepRecord
from ledger.store import Entry
from mail.letter import Attachment
from programme.answer import IssuedRow, LastKnown
from programme.calendar import on_time_until
from programme.cycle import Cycle, Step, StepKind
from programme.form import Form
from programme.people import Person
from programme.plan import Plan, due_dates
from programme.service import Programme
from programme.standing_facts import asked_actions, excuse_of, own_deadline, plans_in_force
from report.asked import AskedPlan, AskedRow, CopiedFor, CopyLetter, IssueLetter
from workbook.contents import FormContents
from workbook.writing import write_form

# The occasion of an issue, in the keys of its messages, where it is the step itself.
AT_ISSUE = "1"

# What an issue tells its reader to expect.
PROMISED = (StepKind.REMINDER, StepKind.REVIEW, StepKind.CHASE)


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
class Issue:
    """Assignments about to go to their people, at the issue or in mid-cycle (``occasion`` is another then).

    ``decided`` are the SPG's last words by (plan, ref). ``left`` are the outstanding refs by the assignment's id, where
    that is less than every open row. ``unrecorded`` is the last cycle whose decisions were never recorded;
    ``successor_of`` names who was asked before, ``merges`` the plans whose place a merged one takes.
    """

    office: Office
    programme: Programme
    cycle: Cycle
    made: Sequence[Assignment]
    now: datetime
    occasion: str = AT_ISSUE
    decided: Mapping[tuple[str, str], str] = field(default_factory=dict)
    left: Mapping[str, Sequence[str]] = field(default_factory=dict)
    unrecorded: str = ""
    successor_of: str = ""
    merges: tuple[str, ...] = ()

    @property
    def today(self) -> date:
        return self.programme.local(self.now).date()

    def deadlines(self, own: Sequence[Assignment]) -> tuple[date, ...]:
        """The deadlines in force of some of the assignments."""
        return tuple(deadline_of(self.programme, self.cycle, item) for item in own)

    def asked(self, own: Sequence[Assignment]) -> tuple[AskedPlan, ...]:
        """What is outstanding of some of the assignments, as a message lists it."""
        refs = [self.left.get(item.id, [row.ref for row in open_rows(item)]) for item in own]
        return tuple(
            asked_plan(self.programme, self.cycle, item, each, self.decided)
            for item, each in zip(own, refs, strict=True)
        )


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
    label, decided = missing[-1].label if missing else "", decided_last(past.decided)
    mail = list(messages(Issue(office, programme, cycle, issued, now, decided=decided, unrecorded=label)))
    people = len(by_person(issued))
    with office.ledger.transaction() as entry:
        steps.settle(entry, StepRecord(*step.key, due=step.due, settled_at=now, outcome="done"))
        for assignment in issued:
            assignments.add(entry, assignment)
        decide(entry, mail)
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


def messages(turn: Issue) -> Iterator[Outgoing]:
    """One message to each person with all that they have to return, then one copy to each assistant in force.

    Either may return it.
    """
    programme = turn.programme
    forms = {item.id: form_file(turn.office, programme, turn.cycle, item, turn.today) for item in turn.made}
    copies: dict[str, list[list[Assignment]]] = {}
    for own in by_person(turn.made):
        person, assistants = programme.people[own[0].person], _assistants(turn, own)
        letter = _letter(turn, own, tuple(one.name for one in assistants))
        envelope, about = _envelope(turn, "issue", person, own), tuple(item.id for item in own)
        yield outgoing(turn.office, envelope, letter, turn.now, [forms[each] for each in about], about)
        for one in assistants:
            copies.setdefault(one.id, []).append(own)
    for assistant_id, copied in copies.items():
        assistant, together = programme.people[assistant_id], [item for own in copied for item in own]
        envelope, about = _envelope(turn, "copy", assistant, together), tuple(item.id for item in together)
        files = [forms[each] for each in about]
        yield outgoing(turn.office, envelope, _copy(turn, assistant, copied), turn.now, files, about)


def by_person(issued: Sequence[Assignment]) -> list[list[Assignment]]:
    """The assignments of each person together, in the order in which people first appear."""
    own: dict[str, list[Assignment]] = {}
    for assignment in issued:
        own.setdefault(assignment.person, []).append(assignment)
    return list(own.values())


def plans_of(own: Iterable[Assignment]) -> tuple[str, ...]:
    """The ids of the plans of these assignments, once each."""
    return tuple(dict.fromkeys(item.plan for item in own))


def form_file(office: Office, programme: Programme, cycle: Cycle, item: Assignment, on: date) -> Attachment:
    """The workbook of an assignment as it goes with a message on a day."""
    contents = form_contents(programme, cycle, item, office.keyring, on)
    return workbook_attachment(workbook_name(programme.plan(item.plan), cycle), write_form(contents))


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
    """A file name that sorts by plan and says which cycle it is."""
    return file_name(f"{plan.label} - {cycle.label}")


def file_name(says: str) -> str:
    """The name of a workbook, with no character that a mail system objects to."""
    return "".join(letter if letter.isalnum() or letter in " -_." else "-" for letter in says) + ".xlsx"


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


def _envelope(turn: Issue, kind: str, person: Person, own: Sequence[Assignment]) -> Envelope:
    key = IntentKey(turn.programme.id, turn.cycle.id, kind, person.id, turn.occasion)
    return Envelope(key, person, person.address, plans=plans_of(own))


def _assistants(turn: Issue, own: Sequence[Assignment]) -> tuple[Person, ...]:
    """The assistants in force of the posts of these assignments, once each."""
    holdings = (holding for item in own for holding in turn.programme.posts[item.post].assistants)
    named = dict.fromkeys(holding.person for holding in holdings if holding.in_force(turn.today))
    return tuple(turn.programme.people[person] for person in named if person != own[0].person)


def _letter(turn: Issue, own: Sequence[Assignment], copied: tuple[str, ...]) -> IssueLetter:
    programme, cycle = turn.programme, turn.cycle
    deadlines, at_issue = turn.deadlines(own), turn.occasion == AT_ISSUE
    ahead = to_expect(programme, cycle, deadlines, turn.now, at_issue=at_issue)
    return IssueLetter(
        programme=programme.title,
        cycle=cycle.label,
        person=programme.people[own[0].person].name,
        spg=cycle.spg,
        spg_name=programme.spg.name,
        plans=turn.asked(own),
        sender=turn.office.sender(programme),
        issued_late=at_issue and turn.today > cycle.issue,
        unrecorded=turn.unrecorded,
        copied=copied,
        successor_of=turn.successor_of,
        merges=turn.merges,
        papers=next_papers(programme, cycle, turn.now) if turn.today > max(deadlines) else None,
        in_papers=StepKind.PAPERS in ahead,
        on=turn.today,
        follows=tuple(kind.value for kind in PROMISED if kind in ahead),
    )


def _copy(turn: Issue, assistant: Person, copied: Sequence[Sequence[Assignment]]) -> CopyLetter:
    people = turn.programme.people
    return CopyLetter(
        programme=turn.programme.title,
        cycle=turn.cycle.label,
        person=assistant.name,
        copied_for=tuple(CopiedFor(people[own[0].person].name, turn.asked(own)) for own in copied),
        sender=turn.office.sender(turn.programme),
        on=turn.today,
    )


def _vacancy(programme: Programme, plan: Plan, post: str, now: datetime) -> DeskItem:
    reason = f"{plan.label} was not issued: nobody holds the post {programme.posts[post].title}."
    advice = "Name a holder in people.yaml; the plan is issued to them in the next cycle."
    return DeskItem(0, now, VACANT_POST, reason, advice)


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
