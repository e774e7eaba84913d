"""Issue: freeze the cycle's assignments and send each person one email with all their workbooks."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from jobs.office import Office
from jobs.outbox import Envelope, Outgoing, decide, outgoing, workbook_attachment
from jobs.standing import last_known
from jobs.witness import Keyring, identity
from ledger import assignments, desk, events, keys, steps
from ledger.records import Assignment, DeskItem, Event, IntentKey, StepRecord
from programme.answer import IssuedRow, LastKnown
from programme.calendar import on_time_until
from programme.cycle import Cycle, Step
from programme.form import Form
from programme.plan import Plan
from programme.service import Programme
from report.letters import AskedPlan, AskedRow, IssueLetter
from workbook.contents import FormContents
from workbook.writing import write_form

Past = Mapping[tuple[str, str], LastKnown]


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
        past = last_known(entry, programme, cycle)
    issued, vacant = assign(programme, cycle, past, Signing(office.keyring, office.service.hash, now))
    messages = [_message(office, programme, cycle, own, now) for own in by_person(issued)]
    with office.ledger.transaction() as entry:
        steps.settle(entry, StepRecord(*step.key, due=step.due, settled_at=now, outcome="done"))
        for assignment in issued:
            assignments.add(entry, assignment)
        decide(entry, messages)
        keys.signed(entry, office.keyring.signing, now)
        for plan, post in vacant:
            desk.open_item(entry, _vacancy(programme, plan, post, now))
        events.record(entry, _event(programme, cycle, issued, len(messages), now))
    office.log("issued", cycle=cycle.id, assignments=len(issued), people=len(messages), vacant=len(vacant))


def assign(
    programme: Programme, cycle: Cycle, past: Past, signing: Signing
) -> tuple[tuple[Assignment, ...], tuple[tuple[Plan, str], ...]]:
    """The assignments of a cycle on its issue, in the plans' order, and the (plan, post) pairs without a holder."""
    today = programme.local(signing.now).date()
    issued, vacant = [], []
    for plan in programme.plans:
        for post in plan.sponsors:
            holder = programme.posts[post].holder(today)
            if holder is None:
                vacant.append((plan, post))
            else:
                issued.append(_assignment(programme, cycle, plan, (post, holder), past, signing))
    return tuple(issued), tuple(vacant)


def by_person(issued: Sequence[Assignment]) -> list[list[Assignment]]:
    """The assignments of each person together, in the order in which people first appear."""
    own: dict[str, list[Assignment]] = {}
    for assignment in issued:
        own.setdefault(assignment.person, []).append(assignment)
    return list(own.values())


def form_contents(programme: Programme, cycle: Cycle, assignment: Assignment, keyring: Keyring) -> FormContents:
    """What the workbook of one assignment shows."""
    plan = programme.plan(assignment.plan)
    return FormContents(
        programme=programme.title,
        cycle=cycle.label,
        plan_label=plan.label,
        plan_title=plan.title,
        post=programme.posts[assignment.post].title,
        person=programme.people[assignment.person].name,
        deadline=assignment.deadline,
        spg=cycle.spg,
        team=programme.team.name,
        phone=programme.team.phone,
        form=assignment.form,
        rows=assignment.rows,
        identity=identity(keyring, assignment),
    )


def asked_plan(programme: Programme, cycle: Cycle, assignment: Assignment, refs: Sequence[str]) -> AskedPlan:
    """The rows of an assignment that are outstanding, as a message lists them."""
    plan = programme.plan(assignment.plan)
    others = (post for post in plan.sponsors if post != assignment.post)
    return AskedPlan(
        label=plan.label,
        title=plan.title,
        file_name=workbook_name(plan, cycle),
        rows=tuple(_asked_row(assignment.form, row) for row in assignment.rows if row.ref in refs),
        shared_with=tuple(programme.posts[post].title for post in others),
    )


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
            last=past.get((plan.id, action.ref), LastKnown()),
            reference=action.reference,
        )
        for action in plan.actions
    )
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
        deadline=cycle.deadline,
        on_time_until=on_time_until(programme, cycle.deadline),
    )


def _asked_row(form: Form, row: IssuedRow) -> AskedRow:
    last = row.last.agreed or row.last.reported
    return AskedRow(
        row.ref, row.deliverable, row.due, form.rating(last).word if last else "", row.last.agreed is not None
    )


def _message(office: Office, programme: Programme, cycle: Cycle, own: Sequence[Assignment], now: datetime) -> Outgoing:
    person = programme.people[own[0].person]
    letter = IssueLetter(
        programme=programme.title,
        cycle=cycle.label,
        person=person.name,
        deadline=cycle.deadline,
        spg=cycle.spg,
        spg_name=programme.spg.name,
        plans=tuple(asked_plan(programme, cycle, item, [row.ref for row in item.rows]) for item in own),
        sender=office.sender(programme),
        issued_late=programme.local(now).date() > cycle.issue,
    )
    attachments = [
        workbook_attachment(
            workbook_name(programme.plan(item.plan), cycle),
            write_form(form_contents(programme, cycle, item, office.keyring)),
        )
        for item in own
    ]
    key = IntentKey(programme.id, cycle.id, "issue", person.id, "1")
    return outgoing(office, Envelope(key, person, person.address), letter, now, attachments)


def _vacancy(programme: Programme, plan: Plan, post: str, now: datetime) -> DeskItem:
    reason = f"{plan.label} was not issued: nobody holds the post {programme.posts[post].title}."
    advice = "Name a holder in people.yaml; the plan is issued to them in the next cycle."
    return DeskItem(0, now, "vacant post", reason, advice)


def _event(programme: Programme, cycle: Cycle, issued: Sequence[Assignment], people: int, now: datetime) -> Event:
    return Event(
        at=now,
        who="plancycle",
        what="issued",
        about=f"{len(issued)} assignments to {people} people",
        programme=programme.id,
        cycle=cycle.id,
        detail={item.id: item.person for item in issued},
    )
