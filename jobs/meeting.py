"""The day of the SPG: the team gets the decisions workbook; what is recorded is the next cycle's starting point."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime

from jobs import minutes
from jobs.answered import reported
from jobs.issue import file_name
from jobs.office import Office
from jobs.outbox import Envelope, Outgoing, decide, outgoing, workbook_attachment
from jobs.past import unrecorded
from jobs.standing import standing
from ledger import decisions, events, intents, steps
from ledger.records import Assignment, Decision, Event, IntentKey, StepRecord
from ledger.store import Entry
from programme.cycle import Step
from programme.people import Person
from programme.service import Programme
from report.letters import DecidedLetter, DecidedPlan, SpgLetter
from report.prose import plain_date

_ANY_TIME = datetime.min.replace(tzinfo=UTC)


def fire(office: Office, programme: Programme, step: Step, now: datetime) -> None:
    """Send the team the decisions workbook, pre-filled with every ask."""
    cycle = programme.cycle(step.cycle)
    with office.ledger.reading() as entry:
        papers = standing(entry, programme, cycle, now, draft=False)
        missing = tuple(earlier.label for earlier in unrecorded(entry, programme, cycle))
    name = file_name(f"Decisions - {cycle.label}")
    attachment = workbook_attachment(name, minutes.workbook(office, programme, cycle, papers, now))
    messages = []
    for member in programme.team.members:
        person = programme.people[member]
        letter = SpgLetter(
            person=person.name,
            programme=programme.title,
            cycle=cycle.label,
            spg=cycle.spg,
            spg_name=programme.spg.name,
            asks=minutes.asked(papers),
            unrecorded=missing,
            workbook_name=name,
            sender=office.sender(programme),
        )
        key = IntentKey(programme.id, cycle.id, step.kind.value, person.id, step.occasion)
        messages.append(outgoing(office, Envelope(key, person, person.address), letter, now, [attachment]))
    with office.ledger.transaction() as entry:
        steps.settle(entry, StepRecord(*step.key, due=step.due, settled_at=now, outcome="done"))
        decide(entry, messages)
        asked = minutes.ratings(papers)
        events.record(
            entry, Event(now, "plancycle", minutes.MEETING_ASKED, cycle.label, "", programme.id, cycle.id, asked)
        )
    office.log("meeting", cycle=cycle.id, told=len(messages))


def letters(office: Office, entry: Entry, taken: minutes.Minutes, occasion: str, now: datetime) -> list[Outgoing]:
    """The receipt to the team, and to each sponsor what was decided on their rows."""
    programme, cycle = taken.programme, taken.cycle
    told = [(programme.people[member], True, _plans(programme, taken.decided)) for member in programme.team.members]
    own: dict[str, set[str]] = {}
    for item in reported(entry, programme, cycle):
        own.setdefault(_holder(programme, item.assignment, now), set()).add(item.assignment.plan)
    for sponsor, plans in own.items():
        mine = [item for item in taken.decided if item.plan in plans]
        if sponsor in programme.people and mine and sponsor not in programme.team.members:
            told.append((programme.people[sponsor], False, _plans(programme, mine)))
    messages = (_letter(office, taken, reader, occasion, now) for reader in told)
    return [item for item in messages if intents.get(entry, item.intent.key) is None]


def _holder(programme: Programme, assignment: Assignment, now: datetime) -> str:
    """Who holds the post today: what was decided is theirs to carry out. Of a vacant post, who returned the plan."""
    post = programme.posts.get(assignment.post)
    holder = post.holder(programme.local(now).date()) if post else None
    return holder or assignment.person


def record(
    office: Office, entry: Entry, taken: minutes.Minutes, by: str, messages: Sequence[Outgoing], now: datetime
) -> None:
    """Commit what was decided, as events and as the next cycle's starting point."""
    programme, cycle = taken.programme, taken.cycle
    said = _newest(decisions.of_cycle(entry, programme.id, cycle.id))
    for decision in taken.decided:
        if _word(said.get(_about(decision))) == _word(decision):
            # The same workbook, or an older copy of it with more filled in: what was said stands.
            continue
        decisions.add(entry, decision)
        about = f"{decision.plan} {decision.ref}".strip() or cycle.label
        events.record(entry, Event(now, by, "decided", about, in_words(programme, decision), programme.id, cycle.id))
    decide(entry, messages)
    office.log("decisions recorded", cycle=cycle.id, decisions=len(taken.decided), problems=len(taken.problems))


def _newest(decided: Sequence[Decision]) -> dict[tuple[str, str, str], Decision]:
    return {_about(item): item for item in decided}


def _about(decision: Decision) -> tuple[str, str, str]:
    return decision.kind, decision.plan, decision.ref


def _word(decision: Decision | None) -> Decision | None:
    """What was decided, whoever recorded it and when."""
    return None if decision is None else replace(decision, at=_ANY_TIME, by="")


def in_words(programme: Programme, decision: Decision) -> str:
    """One decision as people read it."""
    said = []
    if decision.kind == "new":
        said.append(f"new action, {decision.deliverable}")
    if decision.agreed:
        said.append(f"agreed as {programme.form.rating(decision.agreed).word}")
    if decision.revised_due:
        due = decision.revised_due
        said.append(f"due {plain_date(due)}")
    if decision.closed:
        said.append("closed")
    if decision.kind == "row" and decision.deliverable:
        said.append(f"now reads “{decision.deliverable}”")
    return ". ".join(filter(None, ("; ".join(said), decision.words.rstrip("."))))


def _plans(programme: Programme, decided: Sequence[Decision]) -> tuple[DecidedPlan, ...]:
    return tuple(
        DecidedPlan(
            plan.label,
            plan.title,
            tuple(f"{item.ref}: {in_words(programme, item)}" for item in decided if item.plan == plan.id),
        )
        for plan in programme.plans
        if any(item.plan == plan.id for item in decided)
    )


def _letter(
    office: Office,
    taken: minutes.Minutes,
    reader: tuple[Person, bool, tuple[DecidedPlan, ...]],
    occasion: str,
    now: datetime,
) -> Outgoing:
    programme, cycle = taken.programme, taken.cycle
    person, team, plans = reader
    letter = DecidedLetter(
        programme=programme.title,
        cycle=cycle.label,
        person=person.name,
        team=team,
        spg=cycle.spg,
        spg_name=programme.spg.name,
        plans=plans,
        endorsed=taken.endorsed,
        problems=taken.problems if team else (),
        sender=office.sender(programme),
    )
    key = IntentKey(programme.id, cycle.id, "decided", person.id, occasion)
    labels = {plan.label for plan in plans}
    about = () if team else tuple(plan.id for plan in programme.plans if plan.label in labels)
    return outgoing(office, Envelope(key, person, person.address, plans=about), letter, now)
