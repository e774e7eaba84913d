"""``plancycle run`` as real processes on the real clock, carried through a cycle over restarts and edits."""

import json
from collections import Counter
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from jobs.answered import answered
from ledger import events, intents, meta
from ledger.records import Intent, IntentState
from ledger.store import Ledger
from mail.folder import deliver
from mail.letter import Attachment
from scheduler.demo import replies
from tests.acceptance.installation import Installation, until
from workbook import filling

HELEN, CVS = "helen-watson", "cvs-chief-executive"
WITHOUT_HELEN = ("allen-stevenson", CVS, "deborah-gillespie", "sharon-mcalees")
TEAM = ("planning-officer", "performance-officer")
TEAMS = 4  # the members of both programmes' teams: they get the alerts that are about the service as a whole
ISSUED = {"issue": 5, "copy": 5}
CHANGED = " – Changed: "


@pytest.fixture
def installed(tmp_path: Path) -> Iterator[Installation]:
    installation = Installation(tmp_path)
    yield installation
    installation.end()


def issue_soon(installed: Installation) -> None:
    installed.at(issue=installed.in_a_moment())


def reply(installed: Installation, person_id: str) -> None:
    """A sponsor fills in the workbook that they were sent, every row Green, and replies with it."""
    programme = installed.programme
    person = programme.people[person_id]
    (original,) = (
        message
        for message in installed.sent_about("– due ")
        if message.recipients == (person.address,) and message.attachments
    )
    (issued,) = original.attachments
    plan = next(plan for plan in programme.plans if issued.name.startswith(plan.label))
    answers = {action.ref: {"rating": "green", "progress": f"{action.ref} goes on well."} for action in plan.actions}
    filled = Attachment(issued.name, filling.fill(issued.content, answers, programme.form), issued.media_type)
    now = datetime.now(UTC)
    written = replies.Reply(
        person, original, programme.local(now), replies.message_id(person_id, person.address), "Here it is.", (filled,)
    )
    deliver(installed.mailbox, replies.write(written), now)


def kinds_sent(installed: Installation) -> Counter[str]:
    return Counter(item.key.kind for item in intents_sent(installed))


def people_sent(installed: Installation, kind: str) -> Counter[str]:
    return Counter(item.key.person for item in intents_sent(installed) if item.key.kind == kind)


def intents_sent(installed: Installation) -> list[Intent]:
    with installed.ledger() as ledger, ledger.reading() as entry:
        found = intents.by_message_id(entry, [message.message_id for message in installed.sent()])
    return [item for item in found if item.state is IntentState.SENT]


def receipts_to(installed: Installation, person_id: str) -> int:
    address = installed.programme.people[person_id].address
    return sum(address in message.recipients for message in installed.sent_about("Received: "))


def bad_edit(installed: Installation) -> None:
    installed.change("strategic-plan/people.yaml", r"(?m)^zone: (.*)$", r"zone: Nowhere/\1")


def good_edit(installed: Installation) -> None:
    installed.change("strategic-plan/people.yaml", r"(?m)^zone: Nowhere/(.*)$", r"zone: \1")


@pytest.mark.slow
def test_a_cycle_is_carried_through_restarts_kills_and_edits(installed: Installation) -> None:
    first = installed.start()
    first.until_said("started")
    until(lambda: "Working: last tick" in installed.say("status").stdout, "status says that it works")
    refused = installed.say("run")
    assert (refused.returncode, refused.stdout) == (1, "")
    assert "is running on this ledger" in refused.stderr
    assert refused.stderr.count("\n") == 1

    issue_soon(installed)
    until(lambda: kinds_sent(installed)["issue"] > 0, "the first plan is sent")
    assert first.told_to_stop() == 0
    with installed.ledger() as ledger, ledger.reading() as entry:
        assert {item.state for item in intents.open_intents(entry)} <= {IntentState.DECIDED}
    assert first.lines()[-1]["event"] == "stopped"

    second = installed.start()
    until(lambda: kinds_sent(installed) == {"change": 2, **ISSUED}, "the issue goes on where it stopped")
    reply(installed, HELEN)
    second.until_said("received")
    assert second.killed() < 0

    third = installed.start()
    in_force = third.until_said("started")["configuration"]
    until(lambda: receipts_to(installed, HELEN) == 1, "the return gets its receipt after the kill")
    bad_edit(installed)
    until(lambda: kinds_sent(installed)["alert"] == TEAMS, "the teams are told of the bad edit")
    reply(installed, CVS)
    until(lambda: receipts_to(installed, CVS) == 1, "the last good configuration carries on")
    assert "cannot be used" in installed.say("status").stdout
    assert third.told_to_stop() == 0

    fourth = installed.start()
    assert fourth.until_said("started")["configuration"] == in_force
    fourth.until_said("configuration refused")
    good_edit(installed)
    fourth.until_said("configuration in force")
    installed.begin(days_ago=2)
    until(
        lambda: kinds_sent(installed)["draft"] == 4, "the deadline was moved to yesterday, and today is the papers' day"
    )
    installed.at(papers=installed.in_a_moment())
    until(
        lambda: kinds_sent(installed)["alert"] == TEAMS + len(TEAM), "the team is told that its papers wait for release"
    )
    assert kinds_sent(installed)["papers"] == 0
    release(installed)
    until(lambda: kinds_sent(installed)["papers"] == 13, "the papers go once they are released")
    assert fourth.told_to_stop() == 0

    assert_each_message_went_once(installed)
    assert_returns_were_accepted(installed)
    assert all({"at", "event"} <= line.keys() for run in (first, second, third, fourth) for line in run.lines())


@pytest.mark.slow
def test_a_chaser_goes_once_to_each_who_has_not_returned_though_the_service_is_killed(installed: Installation) -> None:
    installed.at(chase_after=1)
    first = installed.start()
    first.until_said("started")
    issue_soon(installed)
    until(lambda: kinds_sent(installed)["issue"] == 5, "the plans are issued")
    reply(installed, HELEN)
    until(lambda: receipts_to(installed, HELEN) == 1, "the return gets its receipt")
    assert first.told_to_stop() == 0
    installed.age(days=5)  # nobody is chased on the day on which they were asked

    chasing = installed.start()
    chasing.until_said("started")
    installed.begin(days_ago=2)
    until(lambda: kinds_sent(installed)["chase"] > 0, "the deadline was moved to yesterday and somebody is chased")
    assert chasing.killed() < 0

    second = installed.start()
    second.until_said("started")  # before that a signal ends the process as it would any other
    until(lambda: kinds_sent(installed)["draft"] == 4, "the draft comes after the chasers")
    assert second.told_to_stop() == 0
    assert people_sent(installed, "chase") == dict.fromkeys(WITHOUT_HELEN, 1)
    assert people_sent(installed, "change") == dict.fromkeys((HELEN, *WITHOUT_HELEN), 1) | dict.fromkeys(TEAM, 2)
    assert_no_message_went_twice(installed)


def release(installed: Installation) -> None:
    """Somebody of the team lets the first papers go."""
    (item,) = json.loads(installed.say("desk", "list", "--json").stdout)
    assert item["kind"].startswith("release papers of")
    accepted = installed.say("desk", "accept", str(item["id"]), "--by", TEAM[0], "--why", "The draft was read.")
    assert accepted.returncode == 0, accepted.stderr


def assert_each_message_went_once(installed: Installation) -> None:
    assert_no_message_went_twice(installed)
    once = [message for message in installed.sent() if CHANGED not in message.subject]
    assert max(Counter((message.recipients, message.subject) for message in once).values()) == 1
    # The team is told of every edit, the sponsors of the new dates.
    told = {"change": 3 * len(TEAM) + 5, "alert": TEAMS + len(TEAM)}
    assert kinds_sent(installed) == ISSUED | told | {"receipt": 2, "deadline": 2, "draft": 4, "papers": 13}


def assert_no_message_went_twice(installed: Installation) -> None:
    assert max(Counter(message.message_id for message in installed.sent()).values()) == 1
    with installed.ledger() as ledger, ledger.reading() as entry:
        assert intents.open_intents(entry) == []


def assert_returns_were_accepted(installed: Installation) -> None:
    programme = installed.programme
    with installed.ledger() as ledger, ledger.reading() as entry:
        states = {item.assignment.plan: item.state for item in answered(entry, programme, programme.cycles[0])}
        refusals = [item for item in events.recent(entry, 1000) if item.what == "configuration refused"]
    assert states == dict.fromkeys(("ba2", "ba3", "ba4", "ba5"), "no return") | {"ba1": "returned", "ba6": "returned"}
    assert len(refusals) == 1


def test_run_refuses_to_start_without_a_key(installed: Installation) -> None:
    refused = installed.say("run", keys=False)
    assert refused.returncode == 1
    assert "No signing key. Set PLANCYCLE_KEYS" in refused.stderr
    assert refused.stderr.count("\n") == 1
    assert not installed.ledger_path.exists()


def test_run_refuses_the_ledger_of_a_demo(installed: Installation) -> None:
    with Ledger.open(installed.ledger_path) as ledger, ledger.transaction() as entry:
        meta.dedicate(entry, meta.Kind.DEMO)
    refused = installed.say("run")
    assert refused.returncode == 1
    assert "the ledger of a demo run" in refused.stderr
    assert refused.stderr.count("\n") == 1


def test_run_refuses_a_first_configuration_that_is_bad_and_names_the_place(installed: Installation) -> None:
    bad_edit(installed)
    refused = installed.say("run")
    assert refused.returncode == 1
    assert "strategic-plan/people.yaml:" in refused.stderr
    assert "Nowhere/" in refused.stderr
