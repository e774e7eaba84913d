"""What the files say against each other, whether or not each is sound by itself."""

from collections.abc import Iterable, Iterator

from programme.build import BUILT_IN_FORMS, ratings
from programme.crosscheck_dates import date_contradictions
from programme.crosscheck_facts import fact_contradictions
from programme.crosscheck_people import people_contradictions
from programme.crosscheck_places import place_contradictions
from programme.declared import Declared, ProgrammeFiles, ids_in
from programme.fault import Fault
from programme.form import Rating
from programme.ratings import READABLE, better_ink, contrast
from programme.references import repeated, unknown
from programme.source import Node
from programme.structure import did_you_mean

_LABEL_BYTES = 120
_WANTED_COLUMNS = ("ref", "deliverable", "rating")


def contradictions(declared: Declared) -> Iterator[Fault]:
    """Every contradiction between the values of all files."""
    mailbox = Node(declared.service).get("mailbox").get("address").text
    yield from place_contradictions(declared)
    for files in declared.programmes:
        yield from people_contradictions(files, mailbox)
        yield from _labels(files)
        yield from _plans(files)
        yield from date_contradictions(files)
        yield from _form(files)
        yield from _ratings(files)
        yield from fact_contradictions(files)


def _labels(files: ProgrammeFiles) -> Iterator[Fault]:
    """A form's file name has the labels of its plan and cycle in it, and a file name may have 255 bytes."""
    for listed in (files.top("plans").get("plans"), files.top("cycles").get("cycles")):
        for label in (one.get("label") for one in listed.items):
            size = len(label.text.encode("utf-8", "replace"))
            if size > _LABEL_BYTES and len(label.text) <= _LABEL_BYTES // 2:
                sentence = f"'label' takes {size} bytes in a file name: its letters take more than one each."
                yield label.fault(sentence, f"Use no more than {_LABEL_BYTES} bytes.")


def _plans(files: ProgrammeFiles) -> Iterator[Fault]:
    plans = files.top("plans").get("plans").items
    posts = ids_in(files.top("people").get("posts"))
    yield from repeated([plan.get("id") for plan in plans], "the plan id", "Give each plan an id of its own.")
    for plan in plans:
        yield from _sponsors(plan, posts)
        actions = plan.get("actions").items
        refs = [action.get("ref") for action in actions]
        yield from repeated(refs, "the ref", "A ref stands for one action of its plan.")
        for action in actions:
            yield from _action_dates(action)
        yield from _owners(plan)


def _sponsors(plan: Node, posts: frozenset[str] | None) -> Iterator[Fault]:
    sponsors = plan.get("sponsors")
    if sponsors.value == []:
        sentence = f'the plan "{plan.get("id").text}" has no sponsor.'
        yield sponsors.fault(sentence, "Name the id of a post of people.yaml.")
    for sponsor in sponsors.items:
        yield from unknown(sponsor, "post", posts)


def _owners(plan: Node) -> Iterator[Fault]:
    sponsors = [sponsor for sponsor in plan.get("sponsors").items if sponsor.text]
    owned = [(action, action.get("owner")) for action in plan.get("actions").items]
    if plan.get("policy").text != "rows":
        yield from _owners_of_nothing(plan, owned)
        return
    for action, owner in owned:
        if owner.value is None:
            sentence = f'"{action.get("ref").text}" has no owner.'
            yield action.fault(sentence, "Under the policy rows, every row names the sponsor that is asked for it.")
        elif owner.text and sponsors:
            yield from _foreign_owner(action, owner, {sponsor.text for sponsor in sponsors})
    if all(owner.text for _, owner in owned):
        owners = {owner.text for _, owner in owned}
        for sponsor in sponsors:
            if sponsor.text not in owners:
                yield sponsor.fault(f'"{sponsor.text}" owns no row of the plan.', "Give it one, or take it away here.")


def _owners_of_nothing(plan: Node, owned: Iterable[tuple[Node, Node]]) -> Iterator[Fault]:
    for _, owner in owned:
        if owner.text:
            sentence = f"'owner' has no effect under the policy {plan.get('policy').text or 'all'}."
            yield owner.fault(sentence, "Take it away, or write policy: rows.")


def _foreign_owner(action: Node, owner: Node, sponsors: set[str]) -> Iterator[Fault]:
    if owner.text not in sponsors:
        sentence = f'"{action.get("ref").text}" is owned by "{owner.text}", which does not sponsor the plan.'
        yield owner.fault(sentence, did_you_mean(owner.text, sponsors))


def _action_dates(action: Node) -> Iterator[Fault]:
    start = action.get("start")
    last = action.get("revised_due").date or action.get("due").date
    if start.date and last and start.date > last:
        sentence = f'"{action.get("ref").text}" starts on {start.date}, after it is due on {last}.'
        yield start.fault(sentence, "Check both dates.")


def _form(files: ProgrammeFiles) -> Iterator[Fault]:
    top = files.top("form")
    use = top.get("use")
    if use.text and use.text not in BUILT_IN_FORMS:
        yield use.fault(f'there is no built-in form "{use.text}".', did_you_mean(use.text, BUILT_IN_FORMS))
    for other in ("columns", "fields"):
        if use.text and top.get(other).value is not None:
            sentence = f"'{other}' has no effect beside 'use'."
            yield top.get(other).fault(sentence, "Remove one of them.")
    if top.get("columns").items:
        yield from _own_form(top)


def _own_form(top: Node) -> Iterator[Fault]:
    columns = top.get("columns").items
    ids = [column.get("id") for column in columns]
    yield from repeated(ids, "the column id", "Give each column an id of its own.")
    fields = [field.get("id") for field in top.get("fields").items]
    yield from repeated(fields, "the field id", "Give each field an id of its own.")
    declared = {column.text for column in ids}
    for wanted in _WANTED_COLUMNS:
        if wanted not in declared:
            yield top.get("columns").fault(f"there is no column '{wanted}'.", "Every form needs one.")
    for column in columns:
        yield from _column(column)


def _column(column: Node) -> Iterator[Fault]:
    name, kind = column.get("id").text, column.get("kind")
    if (name == "rating") != (kind.text == "rating"):
        yield column.fault(
            f'the column "{name}" is of the kind {kind.text or "text"}.',
            "The column 'rating', and no other, is of the kind rating.",
        )
    if (name == "rating") and column.get("answered").value is not True:
        yield column.fault("the column 'rating' is not filled in by anybody.", "Add answered: true.")
    if (kind.text == "choice") != bool(column.get("choices").items):
        yield column.fault(
            f'the column "{name}" is of the kind {kind.text or "text"} and lists {len(column.get("choices").items)} '
            "choices.",
            "The kind choice, and no other, has choices.",
        )


def _ratings(files: ProgrammeFiles) -> Iterator[Fault]:
    if "ratings" not in files.sound:
        return
    top = files.top("ratings")
    owners: dict[str, str] = {}
    for rating in ratings(top.value):
        yield from _unreadable(rating, top.get(rating.id))
        for word in (rating.word, *rating.synonyms):
            owner = owners.setdefault(word.casefold(), rating.id)
            if owner != rating.id:
                sentence = f'"{word}" stands for both {owner} and {rating.id}.'
                place = top.get(rating.id) if top.get(rating.id).value else top.get(owner)
                yield place.fault(sentence, "Take it away from one of them.")


def _unreadable(rating: Rating, given: Node) -> Iterator[Fault]:
    found = contrast(rating.fill, rating.ink)
    if found < READABLE:
        ink = better_ink(rating.fill)
        name = "black" if ink == "#000000" else "white"
        sentence = f"{rating.word} cannot be read: {rating.ink} on {rating.fill} has a contrast of {_ratio(found)}."
        fix = f'It takes {READABLE} to 1: with ink: "{ink}" ({name}) it is {_ratio(contrast(rating.fill, ink))}.'
        place = given.get("fill") if given.get("fill").text else given.get("ink")
        yield place.fault(sentence, fix)


def _ratio(contrast: float) -> str:
    # Cut, not rounded: what is just too little is not to look like enough.
    return f"{int(contrast * 10) / 10} to 1"
