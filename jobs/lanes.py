"""The decision table of the inbox: what a received message is, first match wins."""

from collections.abc import Sequence
from dataclasses import replace

from jobs import meeting
from jobs.answered import merged_since
from jobs.answers import Reply, again, question, receipts, still_asked, unreadable
from jobs.office import Office
from jobs.outbox import Outgoing, not_reached
from jobs.outcome import Decision, Line, conflict_line, lines_about, minuted_line, not_taken_lines, taken_line
from jobs.repeats import agreeing, conflicting, each_once, same_content
from jobs.set_aside import for_the_team
from jobs.taking import Minuted, NotTaken, Sending, Taken, candidates, take
from jobs.whose import Matter, named, whose
from ledger import arrivals, desk, intents
from ledger.records import Arrival, DeskItem, Intent
from ledger.store import Entry
from mail.letter import Message, UnreadableMessageError
from mail.nature import Kind, Nature, authentication_failed, nature
from mail.port import Folder
from mail.quoting import mentions_attachment, new_text
from mail.reading import read
from report.prose import joined

STRANGER_ADVICE = "Accept it in the name of an administrator who vouches for it, or reject it."
MERGED_ADVICE = (
    "Accept it in the name of an administrator who vouches for it, and its rows stand in the papers as what had come"
    " back of the old plan; or reject it, and ask its sender to tell whoever reports now."
)
# Read and delivery receipts need nobody.
LOGGED = frozenset({"receipt", "delivered"})

_ROWS_OF_OTHERS = "nothing is filled in but {}, which is not theirs to return"

READ_IT = "Read the message in the mailbox's Attention folder and answer it; then accept or reject the item."


def decide_lane(office: Office, entry: Entry, arrival: Arrival, sending_now: Sending) -> Decision:
    """Decide one message by the table. Reads the ledger and the blobs, writes nothing but blobs."""
    raw = office.ledger.blobs.get(arrival.sha256)
    repeated = None if arrival.vouched_by else _repeated(office, entry, arrival, sending_now)
    if repeated is not None:
        return repeated
    try:
        message = read(raw)
    except UnreadableMessageError as unreadable_message:
        if arrival.vouched_by:
            return _dealt_with(arrival)
        reason = f"A message could not be read: {unreadable_message}"
        return Decision("quarantine", reason, desk=(_item(sending_now, "quarantine", reason, READ_IT),))
    by_machine = None if arrival.vouched_by else _by_machine(office, entry, message, sending_now)
    return by_machine or _by_person(office, entry, message, sending_now)


def _dealt_with(arrival: Arrival, sender: str = "", lines: tuple[Line, ...] = ()) -> Decision:
    """Somebody accepted a message that brings no return: it was their matter, and comes back to nobody's desk."""
    return Decision("dealt with", f"{arrival.vouched_by} has dealt with it", sender, lines)


def unforeseen(sending: Sending, bug: Exception) -> Decision:
    """What becomes of a message that brought out a bug."""
    reason = f"Message {sending.arrival.id} could not be dealt with: {type(bug).__name__}"
    desk = (_item(sending, "unforeseen", f"{reason}.", READ_IT),)
    return Decision("unforeseen", reason, desk=desk, alert="A message could not be dealt with")


def _repeated(office: Office, entry: Entry, arrival: Arrival, sending: Sending) -> Decision | None:
    earlier = arrivals.duplicates(entry, arrival.sha256, arrival.message_id, arrival.id)
    if not earlier:
        return None
    if any(item.sha256 == arrival.sha256 or same_content(office, item, arrival) for item in earlier):
        return Decision("duplicate", f"the same message as number {earlier[0].id}")
    reason = f"A message has the Message-ID of message {earlier[0].id} and other content."
    return Decision("quarantine", reason, desk=(_item(sending, "other content", reason, READ_IT),))


def _by_machine(office: Office, entry: Entry, message: Message, sending: Sending) -> Decision | None:
    """Loops, bounces, absences and lists: recorded, never answered."""
    own = message.sender.casefold() == office.service.mailbox.address.casefold()
    if own and office.keyring.made_check(message.message_id):
        return Decision("check", "a test message of plancycle mailbox check", message.sender)
    ours_again = intents.by_message_id(entry, [message.message_id]) if message.message_id else []
    kind = nature(message, sending.arrival.item_class, sending.arrival.extra_headers)
    if ours_again or kind.code == "loop":
        reason = f"one of our own messages came back: “{message.subject}”"
        return Decision("loop", reason, message.sender, alert="Our own mail came back to the mailbox.")
    if kind.kind is Kind.BOUNCE:
        return _bounce(entry, message, kind, sending)
    if kind.kind is Kind.ABSENCE:
        return _absence(office, entry, message, kind, sending)
    if kind.code in LOGGED:
        return Decision("notice", f"{kind.reason}: recorded", message.sender)
    if kind.kind is Kind.MACHINE:
        reason = f"A machine wrote “{message.subject}” from {named(office, message)}: {kind.reason}"
        return Decision("machine", reason, message.sender, desk=(_item(sending, "machine", reason, READ_IT),))
    return None


def _bounce(entry: Entry, message: Message, kind: Nature, sending: Sending) -> Decision:
    about = intents.by_message_id(entry, [*kind.about, *message.thread])
    reason = f"a delivery report: {kind.reason}"
    if kind.code != "bounce":
        return Decision("bounce", reason, message.sender, lines_about(about, reason))
    told = f"“{about[0].subject}” did not reach {about[0].address}" if about else "a message of ours did not arrive"
    advice = "Correct the address in people.yaml, and tell the person another way."
    items = _items_about(entry, sending, ("bounce", f"{told}: {kind.reason}", advice), _unasked(about[:1]))
    lines = tuple(replace(line, bounced=str(about[0].key)) for line in lines_about(about, reason))
    return Decision("bounce", reason, message.sender, lines, desk=items)


def _unasked(about: Sequence[Intent]) -> tuple[str | None, ...]:
    return not_reached(about[0]) if about else (None,)


def _absence(office: Office, entry: Entry, message: Message, kind: Nature, sending: Sending) -> Decision:
    """Recorded and never answered; a workbook in it is a matter for a person, who may vouch for it."""
    matter = whose(office, entry, message, sending)
    name = matter.person.name if matter.person else named(office, message)
    line = Line(f"absence notice of {name}, recorded and not answered", cycle=matter.cycle)
    if not candidates(message.attachments):
        return Decision("absence", f"{name} is away: {kind.reason}", message.sender, (line,))
    reason = f"An automatic reply of {name} carries a file."
    desk = _item(sending, "absence with a file", reason, STRANGER_ADVICE)
    return Decision("absence", reason, message.sender, (line,), desk=(desk,))


def _by_person(office: Office, entry: Entry, message: Message, sending: Sending) -> Decision:
    failed = authentication_failed(message, office.service.mailbox.authenticated_by)
    if failed and not sending.arrival.vouched_by:
        reason = f"“{message.subject}” says it is from {named(office, message)}, and that is not proven: {failed}"
        return Decision("quarantine", reason, message.sender, desk=(_item(sending, "forged", reason, STRANGER_ADVICE),))
    files = each_once(candidates(message.attachments))
    matter = whose(office, entry, message, sending)
    known = replace(sending, person=matter.person, thread=message.thread, address=message.sender)
    results = [take(office, entry, known, attachment) for attachment in files]
    reply = Reply(office, known, message)
    others = [item for item in results if not isinstance(item, Minuted)]
    about = frozenset(item.assignment.programme for item in others if item.assignment is not None)
    if about and matter.programme is not None and matter.programme.id not in about:
        # What the files are of is what the answer must be about: somebody may have a part in several programmes.
        matter = whose(office, entry, message, sending, about)
        reply = Reply(office, replace(known, person=matter.person), message)
    minuted = {item.sha256: item for item in results if isinstance(item, Minuted)}
    if minuted:
        return _minuted(reply, entry, matter, tuple(minuted.values()), others)
    return _by_files(reply, entry, matter, others)


def _by_files(reply: Reply, entry: Entry, matter: Matter, results: Sequence[Taken | NotTaken]) -> Decision:
    every = [item for item in results if isinstance(item, Taken)]
    taken, conflicts = agreeing(every), conflicting(every)
    doubts = [item for item in results if isinstance(item, NotTaken) and item.doubt]
    problems = [item for item in results if isinstance(item, NotTaken) and item.problem]
    if taken:
        return _returned(reply, entry, taken, doubts, problems, conflicts)
    if reply.sending.arrival.vouched_by and not (doubts or conflicts):
        return _dealt_with(reply.sending.arrival, reply.message.sender, not_taken_lines(problems))
    if doubts or conflicts:
        return _doubtful(reply, entry, matter, (doubts, problems), conflicts)
    if problems:
        return _unreadable(reply, entry, matter, problems)
    return _question(reply, entry, matter)


def _minuted(
    reply: Reply, entry: Entry, matter: Matter, minuted: Sequence[Minuted], others: Sequence[Taken | NotTaken]
) -> Decision:
    """What the SPG decided, from the planning team by mail, recorded and told; and whatever else came with it."""
    rest = _by_files(reply, entry, matter, others) if others else Decision("", "")
    meetings = [item.meeting for item in minuted]
    alone = [item for item in minuted if meetings.count(item.meeting) == 1]
    names = ", ".join(f"“{item.file_name}”" for item in minuted if item not in alone)
    if names:
        reason = f"{reply.sender} sent {names} with the decisions of one and the same meeting in one message."
        rest = replace(rest, desk=(*rest.desk, _item(reply.sending, "conflict", reason, "Ask which of them counts.")))
    if not alone:
        return replace(rest, lane=rest.lane or "doubt", reason=rest.reason or names, sender=reply.message.sender)
    if not rest.returns:
        # The receipt of the decisions says what was not taken; a letter that nothing was recorded would be untrue.
        alone[0] = alone[0].with_problems([_named(item) for item in others if isinstance(item, NotTaken)])
        rest = replace(rest, messages=(), desk=tuple(replace(item, advice=READ_IT) for item in rest.desk))
    return _with_decisions(reply, entry, rest, alone)


def _with_decisions(reply: Reply, entry: Entry, rest: Decision, alone: Sequence[Minuted]) -> Decision:
    reasons = [f"the decisions on {item.minutes.cycle.label}" for item in alone]
    letters = [
        letter
        for item in alone
        for letter in meeting.letters(reply.office, entry, item.minutes, item.sha256, reply.sending.now)
    ]
    return replace(
        rest,
        lane="decisions",
        reason="; ".join([*reasons, rest.reason] if rest.reason else reasons),
        sender=reply.message.sender,
        lines=(*map(minuted_line, alone), *rest.lines),
        messages=(*letters, *rest.messages),
        minutes=tuple(item.minutes for item in alone),
    )


def _named(item: NotTaken) -> str:
    """What the team is told of a file that came beside the decisions and does not count."""
    [told] = _told([item])
    return told if item.file_name in told else f"“{item.file_name}”: {told}"


def _told(results: Sequence[Taken | NotTaken]) -> list[str]:
    """What a sender is told of the files that do not count."""
    not_taken = [item for item in results if isinstance(item, NotTaken)]
    return [item.problem for item in not_taken if item.problem] + [
        f"“{item.file_name}” was put before a person of the planning team." for item in not_taken if item.doubt
    ]


def _returned(
    reply: Reply,
    entry: Entry,
    taken: Sequence[Taken],
    doubts: Sequence[NotTaken],
    problems: Sequence[NotTaken],
    conflicts: Sequence[Taken],
) -> Decision:
    told = [*_told((*problems, *doubts)), *_of_conflicts(conflicts)]
    plans = ", ".join(item.assignment.plan for item in taken)
    aside = for_the_team(reply.office, entry, taken, reply.message.sender, reply.sending.now)
    return Decision(
        lane="return",
        reason=f"a return of {plans}",
        sender=reply.message.sender,
        lines=(
            *(taken_line(item) for item in taken),
            *not_taken_lines((*doubts, *problems)),
            *map(conflict_line, conflicts),
        ),
        returns=tuple(item.returned for item in taken),
        messages=tuple(receipts(reply, entry, taken, told)),
        desk=(
            *_doubt_items(reply, (*doubts, *_others_rows(taken))),
            *_conflict_items(reply, conflicts),
            *_unread_items(reply, problems),
            *aside,
        ),
        closes=tuple(item.assignment.id for item in taken if item.answers),
    )


def _doubtful(
    reply: Reply,
    entry: Entry,
    matter: Matter,
    not_taken: tuple[Sequence[NotTaken], Sequence[NotTaken]],
    conflicts: Sequence[Taken],
) -> Decision:
    """``not_taken`` are the files that are in doubt, and those with a problem: both are a person's to look at."""
    doubts, problems = not_taken
    items = (*_doubt_items(reply, doubts), *_conflict_items(reply, conflicts), *_unread_items(reply, problems))
    answer = _courtesy(reply, entry, matter, mentions=False)
    return Decision(
        lane="doubt",
        reason=items[0].reason,
        sender=reply.message.sender,
        lines=(*not_taken_lines((*doubts, *problems), matter.cycle), *map(conflict_line, conflicts)),
        messages=answer,
        desk=items,
    )


def _unreadable(reply: Reply, entry: Entry, matter: Matter, problems: Sequence[NotTaken]) -> Decision:
    """Told to the sender where we know them, and put before a person: a picture of a form can be typed in."""
    lines = not_taken_lines(problems, matter.cycle)
    name = matter.person.name if matter.person else reply.sender
    reason = f"{name} sent {', '.join(item.file_name for item in problems)}, which could not be taken."
    asked = still_asked(reply, entry, matter.assignments)
    messages: tuple[Outgoing, ...] = ()
    seen = [item for item in problems if item.earlier is not None]
    told = [item.problem for item in problems if item.earlier is None]
    if seen and (known := again(reply, seen, told, asked)) is not None:
        messages = _unsent(entry, known)
    elif told and matter.programme is not None and matter.person is not None and matter.cycle_id:
        messages = _unsent(entry, unreadable(reply, matter.programme, matter.cycle_id, told, asked))
    if not told:
        reason = f"{name} sent again what was taken in before: {', '.join(item.file_name for item in seen)}"
        return Decision("return again", reason, reply.message.sender, lines, messages=messages)
    words = " ".join((*(item.file_name for item in problems), new_text(reply.message.text)))
    advice = "The sender was told what to do." if messages else "Nobody was answered."
    sure = tuple(item.assignment.id for item in problems if item.assignment is not None and item.earlier is None)
    about = tuple(dict.fromkeys(sure)) or _about(reply, entry, matter, words)
    desk = _items_about(entry, reply.sending, ("unreadable", reason, f"{advice} {READ_IT}"), about)
    return Decision("unreadable", reason, reply.message.sender, lines, messages=messages, desk=desk)


def _question(reply: Reply, entry: Entry, matter: Matter) -> Decision:
    if matter.person is None and reply.sending.arrival.folder == Folder.JUNK and not matter.threaded:
        return Decision("junk", "an unknown address in Junk, with nothing of ours in it", reply.message.sender)
    words = new_text(reply.message.text)
    mentions = not candidates(reply.message.attachments) and mentions_attachment(words)
    unknown = f"{reply.sender} (in nobody's configuration)" if "@" in reply.sender else reply.sender
    name = matter.person.name if matter.person else unknown
    what = "writes of an attachment and none is there" if mentions else "wrote without a return"
    reason = f"{name} {what}: “{reply.message.subject}”."
    kind = "missing file" if mentions else "question"
    about = _about(reply, entry, matter, words) if mentions else (None,)
    return Decision(
        lane="question",
        reason=reason,
        sender=reply.message.sender,
        lines=(Line("no file in it: put before a person", cycle=matter.cycle),),
        messages=_courtesy(reply, entry, matter, mentions),
        desk=_items_about(entry, reply.sending, (kind, reason, READ_IT), about),
    )


def _courtesy(reply: Reply, entry: Entry, matter: Matter, mentions: bool) -> tuple[Outgoing, ...]:
    """A courteous receipt where the address is in the configuration, once per person, kind and day."""
    if matter.person is None or matter.programme is None or reply.sending.arrival.vouched_by:
        return ()
    asked = still_asked(reply, entry, matter.assignments)
    return _unsent(entry, question(reply, matter.programme, matter.cycle_id, asked, mentions))


def _unsent(entry: Entry, answer: Outgoing) -> tuple[Outgoing, ...]:
    """The answer, unless it was decided before: the day's question, or a message that is decided afresh."""
    return () if intents.get(entry, answer.intent.key) is not None else (answer,)


def _doubt_items(reply: Reply, doubts: Sequence[NotTaken]) -> tuple[DeskItem, ...]:
    return tuple(
        _item(
            reply.sending,
            "stranger" if reply.sending.person is None else "doubt",
            f"{reply.sender} sent “{item.file_name}”: {item.doubt.rstrip('.')}.",
            MERGED_ADVICE if item.assignment is not None and merged_since(item.assignment) else STRANGER_ADVICE,
            item.assignment.id if item.assignment else None,
        )
        for item in doubts
    )


def _others_rows(taken: Sequence[Taken]) -> list[NotTaken]:
    """Forms in which only rows were filled in that are not the sender's to return: a doubt, and no empty form."""
    return [
        NotTaken(item.returned.file_name, doubt=_ROWS_OF_OTHERS.format(joined(item.others)), assignment=item.assignment)
        for item in taken
        if item.others and not item.answers
    ]


def _unread_items(reply: Reply, problems: Sequence[NotTaken]) -> tuple[DeskItem, ...]:
    """Forms whose plan we know and whose answers we could not find: nobody is asked for them meanwhile."""
    return tuple(
        _item(reply.sending, "unreadable", f"{reply.sender} sent {item.problem}", READ_IT, item.assignment.id)
        for item in problems
        if item.assignment is not None and item.earlier is None
    )


def _of_conflicts(conflicts: Sequence[Taken]) -> list[str]:
    """What a sender is told of files for one plan that say different things."""
    return [
        f"“{item.returned.file_name}” was put before a person: two files for one plan say different things."
        for item in conflicts
    ]


def _conflict_items(reply: Reply, conflicts: Sequence[Taken]) -> tuple[DeskItem, ...]:
    if not conflicts:
        return ()
    names = ", ".join(f"“{item.returned.file_name}”" for item in conflicts)
    reason = f"{reply.sender} sent {names} for one and the same plan in one message."
    return (_item(reply.sending, "conflict", reason, "Ask which of them counts.", conflicts[0].assignment.id),)


def _about(reply: Reply, entry: Entry, matter: Matter, words: str) -> tuple[str | None, ...]:
    """The assignments that a message without a witness is about; of somebody whom we do not know, by the thread."""
    if matter.assignments:
        return (matter.about(words),)
    answered = intents.by_message_id(entry, reply.message.thread)
    return tuple(dict.fromkeys(name for item in answered for name in item.about)) or (None,)


def _items_about(
    entry: Entry, sending: Sending, words: tuple[str, str, str], about: Sequence[str | None]
) -> tuple[DeskItem, ...]:
    """An item per assignment, so that nobody asks for any of them; those that wait for this message stay."""
    there = {item.assignment for item in desk.waiting(entry) if item.arrival == sending.arrival.id}
    return tuple(_item(sending, *words, name) for name in about if name is None or name not in there)


def _item(sending: Sending, kind: str, reason: str, advice: str, assignment: str | None = None) -> DeskItem:
    return DeskItem(0, sending.now, kind, reason, advice, arrival=sending.arrival.id, assignment=assignment)
