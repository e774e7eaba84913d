"""The year's programme that is measured: plans, sponsors, and what the sponsors answer."""

import shutil
from dataclasses import dataclass
from datetime import date
from email.message import EmailMessage
from pathlib import Path

ROWS = 40
XLSX = ("application", "vnd.openxmlformats-officedocument.spreadsheetml.sheet")
OURS = "plans@hscp.example"
TEAM = "officer@hscp.example"
CHAIR = "chair@hscp.example"
DEADLINE = date(2030, 9, 13)

_WORK = (
    "Implement the recommendations of the external review of advice provision",
    "Deliver the social isolation and older adults action plan with partners in every locality",
    "Embed community link workers in every GP practice",
    "Agree and start an improved pathway for people in distress, and publish it",
    "Raise screening uptake in the most deprived datazones",
)
_PROGRESS = (
    "The steering group met twice and signed off the work plan; most of the tasks are done.",
    "Staff have been briefed and the new process starts next month.",
    "Baseline agreed with the performance team; first quarterly figures are due shortly.",
    "Referral pathway agreed with primary care; the first referrals were taken.",
)
_SERVICE = f"""\
name: Speed
mailbox: {{system: folder, path: mailbox, address: {OURS}, name: Planning team}}
ledger: ledger/ledger.db
programmes: [speed]
"""
_PEOPLE = f"""\
title: Strategic Plan
zone: Europe/London
people:
  - {{id: officer, name: Planning Officer, addresses: [{TEAM}]}}
  - {{id: chair, name: Chair of the SPG, addresses: [{CHAIR}]}}
"""
_CYCLES = f"""\
cycles:
  - {{id: "2030-1", label: update 1, issue: 2030-08-30, deadline: {DEADLINE}, spg: 2030-10-04}}
"""
# What the plain script has no counterpart for does not take place here either.
_LADDER = """\
digest: {at: off}
reminder: {at: off}
review: {at: off}
chase: {rungs: []}
draft: {at: off}
addendum: {at: off}
"""


@dataclass(frozen=True, slots=True)
class Action:
    """One row as both sides issue it."""

    ref: str
    deliverable: str
    due: date
    lead: str
    measure: str


def plan_label(plan: int) -> str:
    return f"Plan {plan}"


def address(plan: int) -> str:
    """The sponsor of the plan with this number, counted from 1."""
    return f"sponsor.{plan}@hscp.example"


def actions(plan: int) -> list[Action]:
    """The rows of a plan: the same each time."""
    return [
        Action(
            ref=f"{plan}.{row}",
            deliverable=f"{_WORK[(plan + row) % len(_WORK)]} ({plan}.{row})",
            due=date(2031, 1 + row % 12, 28),
            lead=f"Service Manager {1 + row % 9}",
            measure="Number of people seen; share within the standard",
        )
        for row in range(1, ROWS + 1)
    ]


def answers(plan: int) -> dict[str, dict[str, str | date]]:
    """What the sponsor fills in: by ref, then by the id of the column."""
    return {action.ref: _answer(plan + place, action.ref) for place, action in enumerate(actions(plan))}


def write_configuration(folder: Path, plans: int) -> None:
    """A configuration with so many plans, each with a sponsor of its own."""
    files = {
        "service.yaml": _SERVICE,
        "speed/people.yaml": _people(plans),
        "speed/plans.yaml": "plans:\n" + "".join(map(_plan, range(1, plans + 1))),
        "speed/cycles.yaml": _CYCLES,
        "speed/form.yaml": "use: implementation-plan\n",
        "speed/ladder.yaml": _LADDER,
    }
    for name, text in files.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(text, encoding="utf-8")


def fresh(folder: Path, name: str) -> Path:
    """An empty place in the folder, with a copy of the folder's configuration in it."""
    world = folder / name
    shutil.rmtree(world, ignore_errors=True)
    shutil.copytree(folder / "config", world / "config")
    return world


def reply(plan: int, name: str, workbook: bytes) -> bytes:
    """The message that brings a filled-in workbook back."""
    message = EmailMessage()
    message["From"] = address(plan)
    message["To"] = OURS
    message["Subject"] = f"Re: {plan_label(plan)}"
    message["Date"] = "Mon, 09 Sep 2030 10:00:00 +0000"
    message["Message-ID"] = f"<reply-{plan}@hscp.example>"
    message.set_content("Hello\n\nPlease find our return attached.\n")
    message.add_attachment(workbook, maintype=XLSX[0], subtype=XLSX[1], filename=name)
    return message.as_bytes()


def _answer(number: int, ref: str) -> dict[str, str | date]:
    said: dict[str, str | date] = {"progress": f"{_PROGRESS[number % len(_PROGRESS)]} ({ref})"}
    if number % 10 == 0:
        late = {
            "rating": "red" if number % 20 == 0 else "amber",
            "reason": "A small team was short; cover is agreed.",
        }
        return said | late | {"green_by": date(2031, 3, 31)}
    return said | {"rating": "green"}


def _people(plans: int) -> str:
    people = (f"  - {{id: s{n}, name: Sponsor {n}, addresses: [{address(n)}]}}\n" for n in range(1, plans + 1))
    posts = (
        f"  - {{id: p{n}, title: Head of Service {n}, holders: [{{person: s{n}}}]}}\n" for n in range(1, plans + 1)
    )
    groups = (
        "team: {name: Planning team, members: [officer]}\nspg: {name: Strategic Planning Group, members: [chair]}\n"
    )
    return f"{_PEOPLE}{''.join(people)}posts:\n{''.join(posts)}{groups}"


def _plan(plan: int) -> str:
    head = f"  - id: plan-{plan}\n    label: {plan_label(plan)}\n    title: Services of plan {plan}\n"
    rows = "".join(
        f'      - {{ref: "{it.ref}", deliverable: "{it.deliverable}", due: {it.due}, lead: "{it.lead}",'
        f' measure: "{it.measure}"}}\n'
        for it in actions(plan)
    )
    return f"{head}    sponsors: [p{plan}]\n    actions:\n{rows}"
