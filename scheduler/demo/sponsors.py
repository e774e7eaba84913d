"""The people of the demo: they read what the service sent them, fill in the workbook, and reply as people do."""

from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import date, datetime, timedelta
from pathlib import Path

from mail.folder import deliver, sent_messages
from mail.letter import Attachment, Message
from mail.port import Folder
from mail.reading import read
from programme.calendar import instant
from programme.cycle import Cycle
from programme.form import Form
from programme.plan import Action
from programme.service import Programme, Service
from scheduler.demo import covering, replies
from scheduler.demo.behaviours import Behaviour, Brings, Deed, Role, Scene, listed
from scheduler.demo.casting import rows_of, scenes
from scheduler.demo.progress import Author, about_the_plan, drawn, row
from scheduler.demo.replies import Client, Reply
from workbook import filling
from workbook.headers import tables
from workbook.unpacking import unpack

XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"

# What some gateways make of a workbook's type.
UNTYPED = "application/octet-stream"

# These never had our mail themselves: a colleague forwarded it to them.
FORWARDED = frozenset({Role.CONTRIBUTOR, Role.STRANGER})

# The column before which the untidy sponsor keeps notes: among ours, so that no letter fits any more.
NOTES_BEFORE = 5

FILE_NAMES = {
    "assistant": "Copy of {name}.xlsx",
    "piece": "{name} (our rows).xlsx",
    "untidy": "{name} v2.xlsx",
    "last minute": "{name} FINAL.xlsx",
}


class Sponsors:
    """The sponsors, and those who act for them, in one cycle: the same for the same seed and the same issued mail.

    ``root`` is the folder mailbox of the service. What they will do is planned from the calendar alone. Raises
    ValueError where the configuration is not the shipped one.
    """

    def __init__(self, programme: Programme, cycle: Cycle, root: Path, seed: int) -> None:
        self._programme = programme
        self._cycle = cycle
        self._root = root
        self._seed = seed
        self._scenes = scenes(programme, cycle, seed)
        self._acted = 0
        self._done: list[Deed] = []

    def next_deed(self) -> Deed | None:
        """The earliest deed that was not done yet, or None when all were."""
        return self._scenes[self._acted].deed if self._acted < len(self._scenes) else None

    def act(self) -> Deed:
        """Do the next deed: its message lies in the service's Inbox, or Junk, as received at the deed's instant.

        Raises ValueError when nothing is left to do, and LookupError, leaving the deed undone, when the service has
        not sent what it would answer.
        """
        if self._acted == len(self._scenes):
            raise ValueError("Everybody has done what they do in this cycle: ask next_deed first.")
        scene, raw = self._played(self._scenes[self._acted])
        deliver(self._root, raw, scene.deed.at, folder=_folder(scene))
        self._acted += 1
        self._done.append(scene.deed)
        return scene.deed

    def recast(self, service: Service) -> None:
        """Go on under an edited configuration: posts may have passed to others, and dates may have moved."""
        programme = service.programme(self._programme.id)
        if programme is self._programme or self._acted == len(self._scenes):
            return
        self._programme = programme
        to_come = scenes(programme, programme.cycle(self._cycle.id), self._seed)[self._acted :]
        self._scenes = (*self._scenes[: self._acted], *to_come)

    def done(self) -> tuple[Deed, ...]:
        """The deeds done so far, in the order of time."""
        return tuple(self._done)

    def _played(self, scene: Scene) -> tuple[Scene, bytes]:
        """The scene with the rows that the workbook really asks for, and the message that comes of it."""
        original, issued = self._issued(scene)
        if scene.part.behaviour is Behaviour.STALE:
            issued = self._before(scene)
        if scene.part.brings is Brings.WORKBOOK:
            every = asked_rows(self._programme.form, issued.content)
            refs = rows_of(scene.part, every, scene.post)
            deed = scene.told(refs, [ref for ref in every if ref not in refs])
            scene = replace(scene, deed=deed, refs=refs)
        reply = self._reply(scene, original, self._files(scene, issued))
        absent = scene.part.brings is Brings.ABSENCE
        return scene, replies.absence(reply) if absent else replies.write(reply)

    def _issued(self, scene: Scene) -> tuple[Message, Attachment]:
        """The newest message of this cycle to whoever was asked that carries their workbook of the plan."""
        since = instant(self._programme.zone, self._cycle.issue, self._programme.ladder.issue_at)
        for path in reversed(sent_messages(self._root)):
            message = read(path.read_bytes())
            workbook = _workbook(message, scene)
            if workbook and _meant_for(message, scene) and _within(message, since, scene.deed.at):
                return message, workbook
        raise LookupError(
            f"{scene.actor.name} has nothing to answer: by {scene.deed.at:%d %B %Y %H:%M} UTC no message to "
            f"{scene.asked.address} with the workbook of {scene.plan.label} lay in {self._root}. Run the service first."
        )

    def _before(self, scene: Scene) -> Attachment:
        """The workbook of the plan that was issued in the cycle before."""
        for path in reversed(sent_messages(self._root)):
            message = read(path.read_bytes())
            workbook = _workbook(message, scene)
            if workbook and self._cycle.label not in workbook.name and _meant_for(message, scene):
                return workbook
        raise LookupError(f"{scene.actor.name} has no workbook of {scene.plan.label} from an earlier cycle.")

    def _reply(self, scene: Scene, original: Message, files: tuple[Attachment, ...]) -> Reply:
        about = f"{self._seed} {self._programme.id} {self._cycle.id} {scene.part.name}"
        forwarded = scene.part.role in FORWARDED
        return Reply(
            writer=scene.actor,
            original=original,
            at=self._programme.local(scene.deed.at),
            message_id=replies.message_id(about, scene.actor.address),
            text=self._text(scene),
            files=files,
            forwarded_as=replies.message_id(f"{about} forward", scene.asked.address) if forwarded else None,
            client=Client.THUNDERBIRD if scene.part.behaviour is Behaviour.LIBREOFFICE else Client.OUTLOOK,
            logo=scene.part.behaviour is Behaviour.PROMPT,
        )

    def _text(self, scene: Scene) -> str:
        if scene.part.brings is Brings.ABSENCE:
            back = self._cycle.spg + timedelta(days=3)
            return covering.away(self._seed, scene.actor.name, f"{back.day} {back:%B}")
        facts = {
            "plan": scene.plan.label,
            "sponsor": scene.asked.name,
            "count": str(len(scene.refs)),
            "rows": listed(scene.refs),
        }
        bank = scene.part.note or scene.part.name
        return covering.note(self._seed, f"{self._cycle.id} {scene.part.name}", bank, scene.actor.name, facts)

    def _files(self, scene: Scene, issued: Attachment) -> tuple[Attachment, ...]:
        stem = issued.name.removesuffix(".xlsx")
        match scene.part.brings:
            case Brings.WORKBOOK:
                name = FILE_NAMES.get(scene.part.name, "{name}.xlsx").format(name=stem)
                kind = UNTYPED if scene.part.behaviour is Behaviour.UNTIDY else XLSX
                return (Attachment(name, self._filled(scene, issued.content), kind),)
            case Brings.PDF:
                return (Attachment(f"{stem}.pdf", replies.pdf(_printed(scene)), "application/pdf"),)
            case _:
                return ()

    def _filled(self, scene: Scene, issued: bytes) -> bytes:
        if not scene.refs:
            return issued
        form, asked = self._programme.form, asked_rows(self._programme.form, issued)
        author = self._author(scene, len(asked))
        known = {action.ref: action for action in scene.plan.actions}
        actions = [known.get(ref) or Action(ref, "", None) for ref in asked]
        answers = {
            action.ref: row(form, author, action, position)
            for position, action in enumerate(actions, 1)
            if action.ref in scene.refs
        }
        whole = scene.part.role is not Role.CONTRIBUTOR
        fields = about_the_plan(form, author, actions) if whole else {}
        filled = filling.fill(issued, answers, form, fields=fields)
        return _CHANGED.get(scene.part.behaviour, _as_it_is)(filled, scene)

    def _author(self, scene: Scene, rows: int) -> Author:
        # Big Action 5 never counts: its place in the banks of sentences is free for the other joint sponsor.
        places = [plan.id for plan in self._programme.plans]
        place = 4 if scene.part.role is Role.PARTNER else places.index(scene.part.plan)
        return Author(
            name=scene.actor.name,
            voice=f"{self._cycle.id} {scene.part.name}",
            seed=self._seed,
            cycle=self._cycle,
            ratings=scene.part.ratings or self._drawn(scene, rows),
            plan=scene.part.plan,
            begins=place * 6,
        )

    def _drawn(self, scene: Scene, rows: int) -> str:
        """Ratings by chance; the partner in a joint plan sees its first row otherwise."""
        letters = drawn(self._seed, f"{self._cycle.id} {scene.part.plan}", rows)
        if scene.part.role is not Role.PARTNER:
            return letters
        return ("G" if letters[0] != "G" else "A") + letters[1:]


def asked_rows(form: Form, issued: bytes) -> tuple[str, ...]:
    """The refs that an issued workbook asks for, in its order: not those that the SPG agreed as complete."""
    table = tables(form, unpack(issued))[0]
    complete = tuple(rating.word for rating in form.ratings if rating.complete)
    refs = []
    for (number, column), cell in sorted(table.sheet.cells.items()):
        if number > table.header_row and column == table.columns["ref"]:
            last = table.sheet.cells.get((number, table.columns.get("last_rating", 0)))
            if last is None or not last.text.startswith(complete):
                refs.append(cell.text)
    return tuple(refs)


def _folder(scene: Scene) -> Folder:
    return Folder.JUNK if scene.part.behaviour is Behaviour.ASSISTANT else Folder.INBOX


def _workbook(message: Message, scene: Scene) -> Attachment | None:
    """The plan's workbook among the attachments: Big Action 1 is not the beginning of Big Action 10."""
    label = scene.plan.label
    for file in message.attachments:
        following = file.name.removeprefix(label)
        if file.name.startswith(label) and not following[:1].isalnum() and file.name.endswith(".xlsx"):
            return file
    return None


def _meant_for(message: Message, scene: Scene) -> bool:
    return any(scene.asked.owns(address) for address in message.recipients)


def _within(message: Message, since: datetime, until: datetime) -> bool:
    return message.date is not None and since <= message.date <= until


def _printed(scene: Scene) -> tuple[str, ...]:
    heading = (f"{scene.plan.label}: {scene.plan.title}", "")
    return heading + tuple(f"{action.ref}  {action.deliverable}" for action in scene.plan.actions)


def _untidy(filled: bytes, scene: Scene) -> bytes:
    """Latest due date first, a row lost on the way, and a column of the sponsor's own among ours."""
    kept = [action for action in scene.plan.actions if action.ref in scene.refs]
    for action in scene.plan.actions:
        if action not in kept:
            filled = filling.delete_row(filled, action.ref)
    latest_first = sorted(kept, key=lambda action: (action.due or date.max, action.ref), reverse=True)
    filled = filling.sort_rows(filled, [action.ref for action in latest_first])
    return filling.insert_column(filled, NOTES_BEFORE, "Our notes")


def _as_libreoffice_saves(filled: bytes, _: Scene) -> bytes:
    return filling.as_libreoffice_saves(filled)


def _as_it_is(filled: bytes, _: Scene) -> bytes:
    return filled


_CHANGED: Mapping[Behaviour, Callable[[bytes, Scene], bytes]] = {
    Behaviour.UNTIDY: _untidy,
    Behaviour.LIBREOFFICE: _as_libreoffice_saves,
}
