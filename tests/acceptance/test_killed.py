"""Killed at any point and started again, the service does what it would have done: once, and all of it."""

import json
import logging
from collections import Counter
from pathlib import Path

import pytest

from mail.port import Batch, Lane
from programme.loader import load
from tests.acceptance.killing import chosen_points, every_look_up, every_point, forgiven, problems
from tests.acceptance.lives import Cast, ForgetfulMailbox
from tests.acceptance.recording import Plot, Recording, record
from tests.acceptance.troubled import CONFIGURATION, troubled

# The eve, the first digests, the issue, an absence and a return: every kind of call and of write is among them.
A_BEGINNING = 7

# Every so-many-th run that is killed at a sending is played to the end of its cycle.
ONWARD_EVERY = 8

# How much is tried is said at this level: pytest --log-cli-level=INFO.
LOG = logging.getLogger(__name__)

CALLS = ("commit", "prepare", "send", "poll", "file")


@pytest.fixture(scope="module")
def undisturbed(quick_folder: Path) -> Recording:
    return record(Cast(), Plot(load(CONFIGURATION)), quick_folder / "whole")


@pytest.fixture(scope="module")
def changing(quick_folder: Path) -> Recording:
    """A cycle in which people, plans, a master and the configuration change, which is refused once."""
    return record(Cast(), troubled(), quick_folder / "changing")


def named(found: list[str]) -> str:
    return "\n\n".join(found[:5])


@pytest.mark.parametrize("name", ["undisturbed", "changing"])
def test_a_recording_passes_every_kind_of_point_for_every_kind_of_message(
    name: str, request: pytest.FixtureRequest
) -> None:
    recording: Recording = request.getfixturevalue(name)
    passed = Counter(point.name for wake in recording.wakes for point in wake.points)
    assert set(passed) == {f"{when} {call}" for when in ("before", "after") for call in CALLS}
    after = recording.wakes[-1].after
    assert passed["after send"] == after.count("\nSent/") >= 100
    rows = [json.loads(line.removeprefix("intents ")) for line in after.splitlines() if line.startswith("intents ")]
    kinds = {row["kind"] for row in rows if row["state"] == "sent"}
    assert len(kinds) > 12
    for kind in kinds:
        assert any(signature.endswith(f"message {kind}: after send") for signature in recording.signatures), kind


def test_the_cycle_that_changes_brings_what_the_other_does_not(undisturbed: Recording, changing: Recording) -> None:
    after = changing.wakes[-1].after
    assert "The post passed from Allen Stevenson to Jean Laird" in after
    assert "The plan was withdrawn by Chair of the SPG" in after
    assert '"kind": "addendum"' in after
    assert "configuration refused" in after
    assert "6.2: “" in after
    assert '"what": "desk rejected"' in after
    assert len(changing.signatures - undisturbed.signatures) > 40


def test_of_each_signature_the_first_two_points_and_the_last_are_tried(undisturbed: Recording) -> None:
    passed = [
        (wake, place, point.signature)
        for wake, item in enumerate(undisturbed.wakes)
        for place, point in enumerate(item.points)
    ]
    tried = {trial.name for trial in chosen_points(undisturbed)}
    for signature in undisturbed.signatures:
        own = [f"wake-up {wake}, point {place}: {name}" for wake, place, name in passed if name == signature]
        assert tried.intersection(own) == {*own[:2], own[-1]}
    assert not list(chosen_points(undisturbed, undisturbed.signatures))


@pytest.mark.slow
def test_killed_at_commits_and_mailbox_calls_of_every_signature_nothing_is_lost_and_nothing_is_sent_twice(
    undisturbed: Recording,
    quick_folder: Path,
) -> None:
    trials = list(chosen_points(undisturbed, onward_every=ONWARD_EVERY))
    LOG.info("%d points of %d signatures", len(trials), len(undisturbed.signatures))
    assert len(trials) > 400
    found = problems(undisturbed, trials, quick_folder / "points")
    assert not found, named(found)


@pytest.mark.slow
def test_killed_while_something_changes_nothing_is_lost_and_nothing_is_sent_twice(
    undisturbed: Recording,
    changing: Recording,
    quick_folder: Path,
) -> None:
    trials = list(chosen_points(changing, undisturbed.signatures, ONWARD_EVERY))
    LOG.info("%d points of %d signatures", len(trials), len(changing.signatures - undisturbed.signatures))
    assert len(trials) > 50
    found = problems(changing, trials, quick_folder / "changing points")
    assert not found, named(found)


@pytest.mark.slow
def test_killed_again_at_the_look_up_after_the_sending_of_a_message_of_each_kind_was_cut_off(
    undisturbed: Recording,
    changing: Recording,
    quick_folder: Path,
) -> None:
    trials, others = list(every_look_up(undisturbed)), list(every_look_up(changing, undisturbed.signatures))
    LOG.info("%d chains of look-ups", len(trials) + len(others))
    assert len(trials) >= 2 * 14
    assert len(others) >= 2 * 3
    found = problems(undisturbed, trials, quick_folder / "look-ups")
    found += problems(changing, others, quick_folder / "other look-ups")
    assert not found, named(found)


@pytest.mark.slow
def test_a_torn_write_leaves_a_ledger_that_opens_and_names_only_what_is_there(
    quick_folder: Path,
) -> None:
    torn = record(Cast(torn=True), Plot(load(CONFIGURATION)), quick_folder / "torn", A_BEGINNING)
    trials = [trial for trial in chosen_points(torn) if trial.name.endswith("rename")]
    LOG.info("%d renames", len(trials))
    assert len(trials) > 40
    found = problems(torn, trials, quick_folder / "renames")
    assert not found, named(found)


class SendsBeforeClaiming(ForgetfulMailbox):
    """What a service would do that sends first and writes it down afterwards."""

    def prepare(self, raw: bytes) -> str:
        token = super().prepare(raw)
        super().send(token)
        return token

    def send(self, token: str) -> None:
        """It is sent already."""


class FilesBeforeCommitting(ForgetfulMailbox):
    """What a service would do that clears the inbox first and writes down afterwards what was in it."""

    def poll(self, cursor: str | None) -> Batch:
        batch = super().poll(cursor)
        for message in batch.messages:
            self.file(message.server_id, Lane.PROCESSED)
        return batch


def test_the_harness_catches_a_service_that_sends_before_it_claims(quick_folder: Path) -> None:
    hasty = record(Cast(SendsBeforeClaiming), Plot(load(CONFIGURATION)), quick_folder / "hasty", A_BEGINNING)
    trials = [trial for trial in every_point(hasty) if trial.name.endswith("after prepare")]
    found = problems(hasty, trials, quick_folder / "hasty trials")
    assert len(trials) > 5
    assert sum("was sent more than once" in problem for problem in found) == len(trials), named(found)


def test_the_harness_catches_a_service_that_files_before_it_commits(quick_folder: Path) -> None:
    tidy = record(Cast(FilesBeforeCommitting), Plot(load(CONFIGURATION)), quick_folder / "tidy", A_BEGINNING)
    trials = [trial for trial in every_point(tidy) if trial.name.endswith("after poll")]
    found = problems(tidy, trials, quick_folder / "tidy trials")
    brought_something = 2  # of these wake-ups: the absence, and the return
    assert sum("-arrivals " in problem for problem in found) == brought_something, named(found)


def test_only_a_sending_that_was_cut_off_is_forgiven() -> None:
    event = '{"about": "a", "what": "not sent", "why": "its sending was cut off; decided afresh"}'
    found = '{"about": "b", "what": "sent", "why": "found among the sent messages"}'
    sent = '{"about": "a", "what": "sent", "why": ""}'
    withdrawn = '{"about": "c", "what": "withdrawn", "why": "the answer comes too late"}'
    left, put_back = forgiven("".join(f"events {row}\n" for row in (event, found, sent, withdrawn)))
    learned = found.replace("found among the sent messages", "")
    assert left == "".join(f"events {row}\n" for row in sorted((learned, sent, withdrawn)))
    assert put_back == 1
