"""Standing facts against the calendar, the plans and each other."""

from collections.abc import Iterable, Iterator
from datetime import date
from itertools import combinations

from programme.build import cycle, ladder, working_days
from programme.calendar import long_day, papers_date
from programme.crosscheck_dates import days_are_known
from programme.cycle import StepKind
from programme.declared import ProgrammeFiles, ids_in
from programme.fault import Fault
from programme.references import unknown
from programme.source import Node

_OF_A_CYCLE = ("extensions", "excuses", "holds")


def fact_contradictions(files: ProgrammeFiles) -> Iterator[Fault]:
    """Every contradiction of a standing fact."""
    top = files.top("facts")
    yield from _references(files, top)
    yield from _cancelled(top)
    yield from _twice(top)
    yield from _excused_and_extended(top)
    for extension in top.get("extensions").items:
        yield from _extension(files, extension)
    for hold in top.get("holds").items:
        yield from _hold(hold)
    yield from _mergers(top)


def _references(files: ProgrammeFiles, top: Node) -> Iterator[Fault]:
    cycles, plans = ids_in(files.top("cycles").get("cycles")), files.top("plans").get("plans")
    known = ids_in(plans)
    for kind in (*_OF_A_CYCLE, "cancelled"):
        for fact in top.get(kind).items:
            yield from unknown(fact.get("cycle"), "cycle", cycles)
    for kind in (*_OF_A_CYCLE, "withdrawn"):
        for fact in top.get(kind).items:
            yield from unknown(fact.get("plan"), "plan", known)
            yield from _post(files, plans, fact)
    for merger in top.get("merged").items:
        for plan in (*merger.get("plans").items, merger.get("into")):
            yield from unknown(plan, "plan", known)


def _post(files: ProgrammeFiles, plans: Node, fact: Node) -> Iterator[Fault]:
    post, name = fact.get("post"), fact.get("plan").text
    faults = list(unknown(post, "post", ids_in(files.top("people").get("posts"))))
    yield from faults
    sponsors = next((ids_of(plan.get("sponsors")) for plan in plans.items if plan.get("id").text == name), None)
    if not faults and name and sponsors and post.text and post.text not in sponsors:
        sentence = f'the post "{post.text}" does not sponsor the plan "{name}".'
        yield post.fault(sentence, f"Its sponsors are {', '.join(sorted(sponsors))}.")


def ids_of(listed: Node) -> frozenset[str]:
    """The texts of a list of texts."""
    return frozenset(item.text for item in listed.items)


def _cancelled(top: Node) -> Iterator[Fault]:
    cancelled = [one.get("cycle") for one in top.get("cancelled").items]
    yield from _again(cancelled, "cycle", "cancelled")
    gone = {one.text for one in cancelled}
    for kind in _OF_A_CYCLE:
        for fact in top.get(kind).items:
            named = fact.get("cycle")
            if named.text and named.text in gone:
                sentence = f'cycle "{named.text}" is cancelled, and has {_NAMED[kind]} all the same.'
                yield named.fault(sentence, "Take one of the two away.")


_NAMED = {"extensions": "an extension", "excuses": "an excuse", "holds": "a hold"}


def _twice(top: Node) -> Iterator[Fault]:
    for kind in ("extensions", "excuses"):
        for earlier, later in combinations(top.get(kind).items, 2):
            if _whose(earlier) == _whose(later):
                sentence = f"{_named(later)} has {_NAMED[kind]} twice: the other stands in line {earlier.line}."
                yield later.fault(sentence, "Keep one of them.")
    yield from _again([one.get("plan") for one in top.get("withdrawn").items], "the plan", "withdrawn")


def _again(named: Iterable[Node], what: str, done: str) -> Iterator[Fault]:
    first: dict[str, Node] = {}
    for node in named:
        earlier = first.setdefault(node.text, node)
        if node.text and earlier is not node:
            sentence = f'{what} "{node.text}" is {done} twice: it also stands in line {earlier.line}.'
            yield node.fault(sentence, "Keep one of them.")


def _whose(fact: Node) -> tuple[str, str, str]:
    return fact.get("cycle").text, fact.get("plan").text, fact.get("post").text


def _named(fact: Node) -> str:
    named, plan, post = _whose(fact)
    whose = f' of the post "{post}"' if post else ""
    return f'the plan "{plan}"{whose} in cycle "{named}"'


def _excused_and_extended(top: Node) -> Iterator[Fault]:
    for excuse in top.get("excuses").items:
        for extension in top.get("extensions").items:
            if _same_assignment(_whose(excuse), _whose(extension)):
                sentence = f"{_named(excuse)} is excused, and has an extension in line {extension.line}."
                yield excuse.fault(sentence, "Keep one of the two, or name the post that each is for.")


def _same_assignment(one: tuple[str, str, str], other: tuple[str, str, str]) -> bool:
    return one[:2] == other[:2] and (one[2] == other[2] or "" in (one[2], other[2]))


def _extension(files: ProgrammeFiles, extension: Node) -> Iterator[Fault]:
    cycles = files.top("cycles").get("cycles").items
    own = next((one for one in cycles if one.get("id").text == extension.get("cycle").text), None)
    until = extension.get("until")
    if own is None or until.date is None:
        return
    deadline, spg = own.get("deadline").date, own.get("spg").date
    if deadline and until.date <= deadline:
        yield _until(extension, f"not after the cycle's own deadline, {long_day(deadline)}", "Check the date.")
    elif spg and until.date >= spg:
        fix = "Choose an earlier day, or excuse the plan."
        yield _until(extension, f"not before the SPG of {long_day(spg)}", fix)
    elif days_are_known(files):
        yield from _past_the_papers(files, extension, own, until.date)


def _past_the_papers(files: ProgrammeFiles, extension: Node, own: Node, until: date) -> Iterator[Fault]:
    rungs = ladder(files)
    papers = papers_date(working_days(files), rungs, cycle(own.value))
    if until < papers:
        return
    if extension.get("after_papers").value is not True:
        fix = "Choose an earlier day, or add after_papers: true."
        yield _until(extension, f"not before the papers go, on {long_day(papers)}", fix)
    elif rungs.addendum_at is None:
        fix = "Choose an earlier day, or give the addendum a time in ladder.yaml."
        yield _until(extension, f"not before the papers go, on {long_day(papers)}, and there is no addendum", fix)


def _until(extension: Node, wrong: str, fix: str) -> Fault:
    until = extension.get("until")
    day = long_day(until.date or date.min)
    return until.fault(f"the extension of {_named(extension)} is until {day}, {wrong}.", fix)


def _hold(hold: Node) -> Iterator[Fault]:
    """A hold of some would hold nothing where a step is one and the same for everybody."""
    named = next((name for name in ("plan", "post") if hold.get(name).text), None)
    if named is None:
        return
    for step in hold.get("steps").items:
        if step.text in _OF_EVERYBODY:
            sentence = f'"{step.text}" is held for the {named} "{hold.get(named).text}" only, and that holds nothing.'
            fix = "Only reminder and chase wait for some: leave out plan and post to hold it for everybody."
            yield step.fault(sentence, fix)


# What is decided sponsor by sponsor; every other step is one for everybody.
_OF_EVERYBODY = frozenset(kind.value for kind in StepKind) - {StepKind.REMINDER.value, StepKind.CHASE.value}


def _mergers(top: Node) -> Iterator[Fault]:
    mergers = top.get("merged").items
    joined = [plan for merger in mergers for plan in merger.get("plans").items]
    leaving = [plan for merger in mergers for plan in _leaving(merger)]
    yield from _again(leaving, "the plan", "merged")
    withdrawn = {one.get("plan").text: one.get("since").date for one in top.get("withdrawn").items}
    for plan in joined:
        if plan.text and plan.text in withdrawn and plan.text in {one.text for one in leaving}:
            yield plan.fault(f'the plan "{plan.text}" is both merged and withdrawn.', "Keep one of the two.")
    left = withdrawn | {plan.text: merger.get("since").date for merger in mergers for plan in _leaving(merger)}
    for merger in mergers:
        yield from _into(merger, left.get(merger.get("into").text))
        yield from _of_one(merger)


def _leaving(merger: Node) -> Iterable[Node]:
    return [plan for plan in merger.get("plans").items if plan.text != merger.get("into").text]


def _into(merger: Node, left: date | None) -> Iterator[Fault]:
    into, since = merger.get("into"), merger.get("since").date
    if left and since and left <= since:
        sentence = f'the plan "{into.text}" is itself no longer reported on {long_day(since)}.'
        yield into.fault(sentence, "Merge into a plan that is.")


def _of_one(merger: Node) -> Iterator[Fault]:
    if merger.get("plans").items and not _leaving(merger):
        sentence = f'the plan "{merger.get("into").text}" is merged into itself alone.'
        yield merger.get("plans").fault(sentence, "Name the plans that become one.")
