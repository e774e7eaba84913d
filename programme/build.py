"""Declared files that are sound, as frozen values. Nothing is checked here; what is checked comes before."""

import hashlib
import json
from collections.abc import Iterator, Mapping
from dataclasses import replace
from datetime import date, time, timedelta
from functools import lru_cache
from importlib import resources
from typing import Any
from zoneinfo import ZoneInfo

from programme.cycle import DEFAULT_RUNGS, Asked, Cycle, Ladder, Rung, StepKind
from programme.declared import Declared, ProgrammeFiles
from programme.facts import Cancelled, Decided, Excuse, Extension, Facts, Hold, Merged, Withdrawn
from programme.form import Column, Field, Form, Kind, Rating
from programme.people import Contribution, Group, Holding, Person, Post, Team
from programme.plan import Action, Plan, Policy
from programme.ratings import BUILT_IN
from programme.service import MailboxSettings, Programme, Service, WorkingDays
from programme.source import Node, iso_date, parse

Data = Mapping[str, Any]

DEFAULT_FORM = "implementation-plan"
BUILT_IN_FORMS = (DEFAULT_FORM, "highlight-report")
# What a setting says that is switched off.
OFF = "off"
_WEEK = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
_REFERENCE = ("lead", "start", "revised_due", "measure", "meaning")


def service(declared: Declared) -> Service:
    """The service of a declaration without a fault."""
    data = declared.service.data
    return Service(
        name=_line(data["name"]),
        mailbox=_mailbox(data["mailbox"]),
        ledger=data["ledger"],
        collect_every=_interval(data.get("collect_every", "5 minutes")),
        programmes=tuple(map(programme, declared.programmes)),
        files=dict(sorted(declared.files.items())),
        hash=configuration_hash(declared.files),
    )


def _mailbox(data: Data) -> MailboxSettings:
    return MailboxSettings(
        system=data["system"],
        path=data.get("path", ""),
        address=data["address"],
        name=_line(data["name"]),
        authenticated_by=tuple(data.get("authenticated_by", ())),
        options=dict(_options(data.get(data["system"], {}))),
    )


def _options(data: Data, inside: str = "") -> Iterator[tuple[str, str | int | bool]]:
    for name, value in data.items():
        if isinstance(value, Mapping):
            yield from _options(value, f"{inside}{name}.")
        else:
            yield f"{inside}{name}", value


def configuration_hash(files: Mapping[str, str]) -> str:
    """The name of a configuration: SHA-256, in hexadecimal, over its files by path."""
    canonical = json.dumps(dict(files), ensure_ascii=False, sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(canonical.encode()).hexdigest()


def _line(text: str) -> str:
    # A name that was folded over two lines must not break a subject line or a header in two.
    return " ".join(text.split())


def _interval(text: str) -> timedelta:
    number, unit = text.split()
    return timedelta(**{unit.removesuffix("s") + "s": int(number)})


def programme(files: ProgrammeFiles) -> Programme:
    """One programme of a declaration without a fault."""
    people = files.top("people").value
    cycles = files.top("cycles").value
    return Programme(
        id=files.id,
        title=_line(people["title"]),
        zone=ZoneInfo(people["zone"]),
        people={entry["id"]: _person(entry) for entry in people["people"]},
        posts={entry["id"]: _post(entry) for entry in people["posts"]},
        team=Team(_line(people["team"]["name"]), tuple(people["team"]["members"]), people["team"].get("phone", "")),
        spg=_group(people["spg"]),
        plans=plans(files),
        form=form(files),
        cycles=tuple(map(cycle, cycles["cycles"])),
        ladder=ladder(files),
        working_days=working_days(files),
        start_from=cycles.get("start_from"),
        facts=facts(files),
    )


def _person(entry: Data) -> Person:
    return Person(entry["id"], _line(entry["name"]), tuple(address.strip() for address in entry["addresses"]))


def _group(entry: Data) -> Group:
    return Group(_line(entry["name"]), tuple(entry["members"]), entry.get("chair"), entry.get("committee_officer"))


def _post(entry: Data) -> Post:
    return Post(
        id=entry["id"],
        title=_line(entry["title"]),
        holders=_holdings(entry, "holders"),
        assistants=_holdings(entry, "assistants"),
        delegates=_holdings(entry, "delegates"),
        contributors=tuple(
            Contribution(item["person"], item["plan"], tuple(item.get("refs", ())))
            for item in entry.get("contributors", ())
        ),
        escalation=entry.get("escalation") if entry.get("escalation") != OFF else None,
        external=entry.get("external", False),
    )


def _holdings(entry: Data, role: str) -> tuple[Holding, ...]:
    return tuple(
        Holding(item["person"], iso_date(item.get("since", "")), iso_date(item.get("until", "")))
        for item in entry.get(role, ())
    )


def plans(files: ProgrammeFiles) -> tuple[Plan, ...]:
    """The plans of a sound plans.yaml."""
    return tuple(map(_plan, files.top("plans").value["plans"]))


def _plan(entry: Data) -> Plan:
    return Plan(
        id=entry["id"],
        title=_line(entry["title"]),
        label=_line(entry["label"]),
        sponsors=tuple(entry["sponsors"]),
        actions=tuple(map(_action, entry["actions"])),
        policy=Policy(entry.get("policy", Policy.ALL)),
        master=entry.get("master", ""),
    )


def _action(entry: Data) -> Action:
    reference = {key: entry[key].strip() for key in _REFERENCE if key in entry}
    if entry.get("outcomes"):
        reference["outcomes"] = ", ".join(map(str, entry["outcomes"]))
    due = iso_date(entry.get("due", ""))
    return Action(entry["ref"], entry["deliverable"].strip(), due, reference, entry.get("owner"))


def cycle(entry: Data) -> Cycle:
    """A cycle whose dates are real."""
    issue, deadline, spg = (date.fromisoformat(entry[key]) for key in ("issue", "deadline", "spg"))
    period = _line(entry.get("period", ""))
    return Cycle(entry["id"], _line(entry["label"]), issue, deadline, spg, period, entry.get("number"))


def ladder(files: ProgrammeFiles) -> Ladder:
    """The ladder of a sound ladder.yaml, or the default one of a missing file."""
    data, default = files.top("ladder").value, Ladder()
    papers, rule, draft = data.get("papers", {}), data.get("rule", {}), data.get("draft", {})
    reminder, chase = data.get("reminder", {}), data.get("chase", {})
    return Ladder(
        issue_at=_clock(data.get("issue", {}), default.issue_at),
        deadline_at=_clock(data.get("deadline", {}), default.deadline_at),
        papers_at=_clock(papers, default.papers_at),
        papers_days_before_spg=papers.get("days_before_spg", default.papers_days_before_spg),
        update_working_days=rule.get("working_days_to_update", default.update_working_days),
        return_days_before_spg=rule.get("days_from_deadline_to_spg", default.return_days_before_spg),
        digest_at=_clock_or_off(data.get("digest", {}), default.digest_at),
        reminder_at=_clock_or_off(reminder, default.reminder_at),
        reminder_days=reminder.get("working_days_before_deadline", default.reminder_days),
        review_at=_clock_or_off(data.get("review", {}), default.review_at),
        chase_at=_clock(chase, default.chase_at),
        rungs=tuple(map(_rung, chase["rungs"])) if "rungs" in chase else DEFAULT_RUNGS,
        draft_at=_clock_or_off(draft, default.draft_at),
        draft_days=draft.get("working_days_before_papers", default.draft_days),
        addendum_at=_clock_or_off(data.get("addendum", {}), default.addendum_at),
        spg_at=_clock(data.get("spg", {}), default.spg_at),
    )


def _clock(data: Data, default: time) -> time:
    return time.fromisoformat(data["at"]) if "at" in data else default


def _clock_or_off(data: Data, default: time | None) -> time | None:
    if data.get("at") == OFF:
        return None
    return time.fromisoformat(data["at"]) if "at" in data else default


def _rung(entry: Data) -> Rung:
    return Rung(entry["working_days"], tuple(map(Asked, entry["asks"])))


def facts(files: ProgrammeFiles) -> Facts:
    """The standing facts of a sound facts.yaml, or none of a missing file."""
    data = files.top("facts").value
    return Facts(
        extensions=tuple(map(_extension, data.get("extensions", ()))),
        excuses=tuple(Excuse(one["cycle"], one["plan"], _why(one), one.get("post")) for one in data.get("excuses", ())),
        holds=tuple(map(_hold, data.get("holds", ()))),
        cancelled=tuple(Cancelled(one["cycle"], _why(one)) for one in data.get("cancelled", ())),
        withdrawn=tuple(Withdrawn(one["plan"], _day(one, "since"), _why(one)) for one in data.get("withdrawn", ())),
        merged=tuple(
            Merged(tuple(one["plans"]), one["into"], _day(one, "since"), _why(one)) for one in data.get("merged", ())
        ),
    )


def _why(entry: Data) -> Decided:
    return Decided(_line(entry["reason"]), _line(entry["decided_by"]))


def _day(entry: Data, name: str) -> date:
    return date.fromisoformat(entry[name])


def _extension(entry: Data) -> Extension:
    after_papers = entry.get("after_papers", False)
    return Extension(entry["cycle"], entry["plan"], _day(entry, "until"), _why(entry), entry.get("post"), after_papers)


def _hold(entry: Data) -> Hold:
    steps = tuple(map(StepKind, entry["steps"]))
    until = iso_date(entry.get("until", ""))
    return Hold(entry["cycle"], steps, _why(entry), entry.get("plan"), entry.get("post"), until)


def working_days(files: ProgrammeFiles) -> WorkingDays:
    """The working days of a sound holidays.yaml, or Monday to Friday of a missing file."""
    top = files.top("holidays")
    week = top.value.get("working_week", _WEEK[:5])
    local = ((item.get("date").date, _line(item.get("name").text)) for item in top.get("local").items)
    return WorkingDays(
        week=frozenset(map(_WEEK.index, week)),
        region=region(top),
        local={day: name for day, name in local if day},
    )


def region(top: Node) -> str | None:
    """The holidays region that holidays.yaml names, or None."""
    named = top.get("region").text
    return named if named not in ("", "none") else None


@lru_cache(maxsize=8)
def _built_in_form(name: str) -> Data:
    path = resources.files("programme") / "forms" / f"{name}.yaml"
    document, _ = parse(f"{name}.yaml", path.read_text(encoding="utf-8"))
    assert document is not None, "a built-in form is well-formed"  # noqa: S101
    data: Data = document.data
    return data


def form(files: ProgrammeFiles) -> Form:
    """The programme's form with its ratings: a built-in one, or one of its own."""
    given = files.top("form").value or {"use": DEFAULT_FORM}
    data = _built_in_form(given["use"]) if "use" in given else given
    return Form(
        id=data["id"],
        title=_line(data["title"]),
        columns=tuple(map(_column, data["columns"])),
        fields=tuple(map(_field, data.get("fields", ()))),
        ratings=ratings(files.top("ratings").value),
        skip_complete=data.get("skip_complete", True),
    )


def _column(entry: Data) -> Column:
    lists = {key: tuple(entry[key]) for key in ("choices", "headers") if key in entry}
    return Column(**{**entry, **lists, "kind": Kind(entry.get("kind", Kind.TEXT))})


def _field(entry: Data) -> Field:
    return Field(**{**entry, "kind": Kind(entry.get("kind", Kind.TEXT))})


def ratings(given: Data) -> tuple[Rating, ...]:
    """The built-in ratings, worst first, with what ratings.yaml says instead."""
    return tuple(replace(rating, **_changes(given.get(rating.id, {}))) for rating in BUILT_IN)


def _changes(entry: Data) -> dict[str, Any]:
    return {key: tuple(value) if isinstance(value, list) else value for key, value in entry.items()}
