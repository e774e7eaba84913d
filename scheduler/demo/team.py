"""The planning team of the demo: it deals with the desk, writes up the meetings, and edits the configuration."""

from dataclasses import dataclass, replace
from datetime import datetime, time, timedelta

from jobs import desk as word
from jobs.desk import Word
from ledger import desk, intents
from ledger.records import DeskItem, Intent, IntentKey, IntentState
from ledger.store import Entry as LedgerEntry
from mail.folder import deliver
from mail.letter import Attachment
from mail.reading import read
from programme.calendar import add_working_days, instant
from programme.cycle import Cycle
from programme.service import Programme
from scheduler.demo import replies, verdicts
from scheduler.demo.behaviours import Deed
from scheduler.demo.chance import chance
from scheduler.demo.diary import Entry, diary
from scheduler.demo.replies import Reply
from scheduler.demo.sponsors import XLSX
from scheduler.demo.stage import MASTER, Show
from workbook.master import write_master

# Whoever sent these was told what to do, so the team gives them a while before it rings them.
THEY_WERE_TOLD = frozenset({"missing file", "unreadable"})
A_WHILE = 3

REJECTED = {
    "stranger": "The sponsor's office was rung: nobody there asked for this.",
    "doubt": "The sponsor was rung and sends this cycle's file.",
}
ACCEPTED = {
    "question": "Rung and talked it through; a new return comes.",
    "missing file": "Rung; it will be sent again.",
    "unreadable": "Rung; it will be sent again as a workbook.",
    "row set aside": "Rung; it stays as the SPG agreed it.",
    "bounce": "Rung; the address is corrected in people.yaml.",
}


@dataclass(frozen=True, slots=True)
class Errand:
    """Something that the team has seen and will do: an item on the desk, a meeting to write up, a diary entry."""

    at: datetime
    programme: Programme
    item: DeskItem | None = None
    meeting: Cycle | None = None
    entry: Entry | None = None


class Team:
    """The planning teams. They act through the same doors as in life: mail, the desk's verdicts, edited files."""

    def __init__(self, show: Show) -> None:
        self._show = show
        self._errands: list[Errand] = []
        self._seen: set[int] = set()
        self._to_write_up: list[tuple[str, str]] = []
        self._done: list[Deed] = []

    def opens(self, programme: Programme, cycle: Cycle) -> None:
        """A cycle begins: what stands in the diary for it will be done, and its meeting written up."""
        self._errands += [Errand(entry.at, programme, entry=entry) for entry in diary(programme, cycle)]
        self._to_write_up.append((programme.id, cycle.id))

    def next_deed(self) -> Deed | None:
        """The errand that comes next."""
        errand = min(self._errands, key=lambda errand: errand.at, default=None)
        return self._told(errand) if errand else None

    def act(self) -> Deed:
        """Do what comes next. Raises ValueError where nothing does."""
        errand = min(self._errands, key=lambda errand: errand.at)
        deed = self._told(errand)
        if errand.item is not None:
            self._deal_with(errand.item, errand.at, errand.programme)
        elif errand.meeting is not None:
            self._write_up(errand.programme, errand.meeting, errand.at)
        elif errand.entry is not None:
            self._carry_out(errand.entry, errand.programme)
        self._errands.remove(errand)
        self._done.append(deed)
        return deed

    def done(self) -> tuple[Deed, ...]:
        """What the team has done, in the order of time."""
        return tuple(self._done)

    def look(self, now: datetime) -> None:
        """See what waits on the desk and which meetings are over. What was made good meanwhile needs nobody."""
        with self._show.ledger.reading() as entry:
            waiting = {item.id: item for item in desk.waiting(entry)}
            asked = [where for where in self._to_write_up if self._spg_mail(entry, *where) is not None]
        self._errands = [one for one in self._errands if one.item is None or one.item.id in waiting]
        for item in waiting.values():
            if item.id not in self._seen and item.kind in REJECTED | ACCEPTED:
                self._seen.add(item.id)
                programme = self._programme_of(item, now)
                days = A_WHILE if item.kind in THEY_WERE_TOLD else 1
                self._errands.append(Errand(self._morning(programme, now, days, item.id), programme, item=item))
        for where in asked:
            self._to_write_up.remove(where)
            programme = self._show.service.programme(where[0])
            cycle = programme.cycle(where[1])
            if not verdicts.never_recorded(programme, cycle):
                at = self._morning(programme, now, 1, 0)
                self._errands.append(Errand(at, programme, meeting=cycle))

    def _morning(self, programme: Programme, now: datetime, days: int, about: int) -> datetime:
        day = add_working_days(programme.working_days, programme.local(now).date(), days)
        minutes = chance(self._show.stage.seed, f"desk {day} {about}", 45)
        return instant(programme.zone, day, time(10, 10)) + timedelta(minutes=minutes)

    def _programme_of(self, item: DeskItem, now: datetime) -> Programme:
        """The programme that an item is about; where it names none, the one with a cycle under way."""
        programmes = self._show.service.programmes
        if item.assignment is not None:
            return self._show.service.programme(item.assignment.partition("/")[0])
        today = now.date()
        under_way = (one for one in programmes if any(cycle.issue <= today <= cycle.spg for cycle in one.cycles))
        return next(under_way, programmes[0])

    def _told(self, errand: Errand) -> Deed:
        officer = errand.programme.people[errand.programme.team.members[0]]
        if errand.item is not None:
            verdict = "rejects" if errand.item.kind in REJECTED else "deals with"
            what = f"{officer.name} {verdict} item {errand.item.id} on the desk: {errand.item.kind}"
            return Deed(errand.at, officer.id, "desk", what, "an event with the reason")
        if errand.meeting is not None:
            what = f"{officer.name} returns the decisions of {errand.meeting.label}"
            return Deed(errand.at, officer.id, "decisions", what, "the next cycle begins from them; sponsors are told")
        what, expected = (errand.entry.what, errand.entry.expected) if errand.entry else ("", "")
        return Deed(errand.at, officer.id, "edit", what, expected)

    def _deal_with(self, item: DeskItem, at: datetime, programme: Programme) -> None:
        by = programme.team.members[0]
        if item.kind in REJECTED:
            word.reject(self._show.ledger, self._show.service, item.id, Word(by, REJECTED[item.kind], at))
        else:
            word.accept(self._show.ledger, self._show.service, item.id, Word(by, ACCEPTED[item.kind], at))

    def _write_up(self, programme: Programme, cycle: Cycle, at: datetime) -> None:
        """Answer the service's own mail about the meeting with its workbook filled in."""
        with self._show.ledger.reading() as entry:
            asked = self._spg_mail(entry, programme.id, cycle.id)
        if asked is None:
            raise LookupError(f"Nobody was sent the decisions workbook of {cycle.label}: there is nothing to answer.")
        original = read(self._show.ledger.blobs.get(asked.sha256))
        (issued,) = original.attachments
        officer = programme.people[asked.key.person]
        filled = verdicts.filled_in(programme, cycle, issued.content, self._show.stage.seed)
        about = f"{self._show.stage.seed} {programme.id} {cycle.id} decisions"
        reply = Reply(
            writer=officer,
            original=original,
            at=programme.local(at),
            message_id=replies.message_id(about, officer.address),
            text=f"Decisions of {cycle.label} attached.\n\n{officer.name}\n",
            files=(Attachment(issued.name, filled, XLSX),),
        )
        deliver(self._show.stage.mailbox, replies.write(reply), at)

    def _spg_mail(self, entry: LedgerEntry, programme: str, cycle: str) -> Intent | None:
        member = self._show.service.programme(programme).team.members[0]
        intent = intents.get(entry, IntentKey(programme, cycle, "spg", member, "1"))
        return intent if intent is not None and intent.state is IntentState.SENT else None

    def _carry_out(self, entry: Entry, programme: Programme) -> None:
        if entry.edits:
            self._show.edit(entry.edits, entry.at)
        if entry.master is not None:
            self._save_master(programme, *entry.master)
        if entry.bounced:
            self._bounce(programme, entry.bounced, entry.at)

    def _save_master(self, programme: Programme, plan_id: str, ref: str, deliverable: str) -> None:
        plan = self._show.service.programme(programme.id).plan(plan_id)
        actions = tuple(
            replace(action, deliverable=deliverable) if action.ref == ref else action for action in plan.actions
        )
        content = write_master(programme.form, replace(plan, actions=actions))
        (self._show.stage.config / programme.id / MASTER).write_bytes(content)

    def _bounce(self, programme: Programme, person: str, at: datetime) -> None:
        """The mail system reports that the last papers did not reach somebody."""
        with self._show.ledger.reading() as entry:
            cycle = self._to_write_up[0][1]
            papers = intents.get(entry, IntentKey(programme.id, cycle, "papers", person, "1"))
        if papers is None:
            raise LookupError(f"No papers were sent to {person}: nothing can come back.")
        original = read(self._show.ledger.blobs.get(papers.sha256))
        about = f"{self._show.stage.seed} {programme.id} {cycle} bounce"
        raw = replies.bounce(original, papers.address, programme.local(at), about)
        deliver(self._show.stage.mailbox, raw, at)
