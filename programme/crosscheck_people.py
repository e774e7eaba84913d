"""Who is who: people, posts and their holders against each other and against the plans."""

from collections.abc import Iterator
from datetime import date

from programme.build import OFF
from programme.declared import ProgrammeFiles, ids_in
from programme.fault import Fault
from programme.references import repeated, unknown
from programme.source import Node
from programme.structure import likeliest, some

_ROLES = ("holders", "assistants", "delegates", "contributors")


def people_contradictions(files: ProgrammeFiles, mailbox: str) -> Iterator[Fault]:
    """Every contradiction about people. ``mailbox`` is the service's own address, which nobody else may have."""
    top = files.top("people")
    people, posts = top.get("people"), top.get("posts")
    yield from repeated(
        [one.get("id") for one in people.items], "the person id", "Give each person an id of their own."
    )
    yield from repeated([one.get("id") for one in posts.items], "the post id", "Give each post an id of its own.")
    yield from _addresses(people, mailbox)
    known = ids_in(people)
    for group in (top.get("team"), top.get("spg")):
        for member in group.get("members").items:
            yield from unknown(member, "person", known)
    for role in ("chair", "committee_officer"):
        yield from unknown(top.get("spg").get(role), "person", known)
    for post in posts.items:
        yield from _post(post, known)
    yield from _sponsorship(posts, files.top("plans").get("plans"))


def _addresses(people: Node, mailbox: str) -> Iterator[Fault]:
    owners: dict[str, str] = {mailbox.strip().casefold(): ""} if mailbox else {}
    for person in people.items:
        name = person.get("id").text
        for address in person.get("addresses").items:
            owner = owners.setdefault(address.text.strip().casefold(), name)
            if address.text and owner != name:
                yield address.fault(*_address_taken(address.text, name, owner))


def _address_taken(address: str, name: str, owner: str) -> tuple[str, str]:
    if not owner:
        return f'"{address}" is the address of the service itself.', f'Give "{name}" an address of their own.'
    sentence = f'"{name}" has the address "{address}", which "{owner}" has too.'
    return sentence, "A reply from it could be anybody's: give each person an address of their own."


def _post(post: Node, known: frozenset[str] | None) -> Iterator[Fault]:
    for role in _ROLES:
        for holding in post.get(role).items:
            yield from unknown(holding.get("person"), "person", known)
            yield from _reversed(holding)
    yield from _overlaps(post)
    escalation = post.get("escalation")
    if escalation.text == OFF:
        return
    yield from _unknown_contact(escalation, known)
    if escalation.text and escalation.text in {holding.get("person").text for holding in post.get("holders").items}:
        sentence = f'"{escalation.text}" is the escalation contact of a post that they hold themselves.'
        yield escalation.fault(sentence, "Name somebody else, or leave 'escalation' out.")


def _unknown_contact(escalation: Node, known: frozenset[str] | None) -> Iterator[Fault]:
    if known is not None and escalation.text and escalation.text not in known:
        likely = likeliest(escalation.text, known)
        fix = f"Did you mean '{likely}'?" if likely else f"Write off, or the id of a person: {some(known)}."
        yield escalation.fault(f'there is no person "{escalation.text}".', fix)


def _reversed(holding: Node) -> Iterator[Fault]:
    since, until = holding.get("since").date, holding.get("until").date
    if since and until and until < since:
        sentence = f"'until' is {until}, before 'since', {since}."
        yield holding.get("until").fault(sentence, "Both days are included; check them.")


def _span(holding: Node) -> tuple[date, date]:
    return holding.get("since").date or date.min, holding.get("until").date or date.max


def _overlaps(post: Node) -> Iterator[Fault]:
    holders = post.get("holders").items
    for index, later in enumerate(holders):
        since, until = _span(later)
        for earlier in holders[:index]:
            other_since, other_until = _span(earlier)
            if since <= other_until and other_since <= until:
                names = f'"{earlier.get("person").text}" and "{later.get("person").text}"'
                sentence = f'{names} hold the post "{post.get("id").text}" at the same time.'
                yield later.fault(sentence, "End the one with 'until' on the day before the other's 'since'.")


def _sponsorship(posts: Node, plans: Node) -> Iterator[Fault]:
    if not isinstance(plans.value, list):
        return
    sponsoring = {name for plan in plans.items for name in _sponsors(plan)}
    all_say = all(isinstance(plan.get("sponsors").value, list) for plan in plans.items)
    for post in posts.items:
        name = post.get("id").text
        if name and all_say and name not in sponsoring:
            sentence = f'the post "{name}" sponsors no plan.'
            yield post.get("id").fault(sentence, "Name it under 'sponsors' of a plan, or take it away.")
        for contribution in post.get("contributors").items:
            yield from _contribution(contribution, name, plans)


def _sponsors(plan: Node) -> set[str]:
    return {sponsor.text for sponsor in plan.get("sponsors").items}


def _contribution(contribution: Node, post: str, plans: Node) -> Iterator[Fault]:
    named = contribution.get("plan")
    yield from unknown(named, "plan", ids_in(plans))
    plan = next((plan for plan in plans.items if named.text and plan.get("id").text == named.text), None)
    if plan is None:
        return
    sponsors = _sponsors(plan)
    if sponsors and post not in sponsors:
        sentence = f'the post "{post}" does not sponsor the plan "{named.text}".'
        yield named.fault(sentence, "Name the contributor under a post that does.")
    refs = frozenset(action.get("ref").text for action in plan.get("actions").items)
    for ref in contribution.get("refs").items:
        yield from unknown(ref, "row", refs, f' in the plan "{named.text}"')
