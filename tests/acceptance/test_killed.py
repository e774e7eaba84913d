"""Killed at any point and started again, the service does what it would have done: once, and all of it."""

from collections import Counter
from pathlib import Path

import pytest

from mail.port import Batch, Lane
from programme.loader import load
from tests.acceptance.killing import Recording, every_look_up, every_point, forgiven, problems, record
from tests.acceptance.lives import Cast, ForgetfulMailbox

CONFIGURATION = Path(__file__).resolve().parents[2] / "config"

# The eve, the issue, an absence and a return: whatever a process can be cut off at is among them.
A_BEGINNING = 4

# Every so-many-th killed run is played to the end of its cycle.
ONWARD_EVERY = 45

CALLS = ("commit", "prepare", "send", "poll", "file")


@pytest.fixture(scope="module")
def undisturbed(quick_folder: Path) -> Recording:
    return record(Cast(load(CONFIGURATION)), 1, quick_folder / "whole")


def named(found: list[str]) -> str:
    return "\n\n".join(found[:5])


def test_the_undisturbed_run_passes_every_kind_of_point(undisturbed: Recording) -> None:
    passed = Counter(point for wake in undisturbed.wakes for point in wake.points)
    assert set(passed) == {f"{when} {call}" for when in ("before", "after") for call in CALLS}
    sent = undisturbed.wakes[-1].after.count("\nSent/")
    assert passed["after send"] == sent >= 30


@pytest.mark.slow
def test_killed_at_every_commit_and_mailbox_call_nothing_is_lost_and_nothing_is_sent_twice(
    undisturbed: Recording, quick_folder: Path
) -> None:
    trials = list(every_point(undisturbed, ONWARD_EVERY))
    assert len(trials) > 500
    found = problems(undisturbed, trials, quick_folder / "points")
    assert not found, named(found)


@pytest.mark.slow
def test_killed_again_at_the_look_up_after_any_sending_that_was_cut_off(
    undisturbed: Recording, quick_folder: Path
) -> None:
    trials = list(every_look_up(undisturbed))
    assert len(trials) > 60
    found = problems(undisturbed, trials, quick_folder / "look-ups")
    assert not found, named(found)


@pytest.mark.slow
def test_a_torn_write_leaves_a_ledger_that_opens_and_names_only_what_is_there(quick_folder: Path) -> None:
    torn = record(Cast(load(CONFIGURATION), torn=True), 1, quick_folder / "torn", A_BEGINNING)
    trials = [trial for trial in every_point(torn) if trial.name.endswith("rename")]
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
    hasty = record(Cast(load(CONFIGURATION), SendsBeforeClaiming), 1, quick_folder / "hasty", A_BEGINNING)
    trials = [trial for trial in every_point(hasty) if trial.name.endswith("after prepare")]
    found = problems(hasty, trials, quick_folder / "hasty trials")
    assert len(trials) > 5
    assert sum("was sent more than once" in problem for problem in found) == len(trials), named(found)


def test_the_harness_catches_a_service_that_files_before_it_commits(quick_folder: Path) -> None:
    tidy = record(Cast(load(CONFIGURATION), FilesBeforeCommitting), 1, quick_folder / "tidy", A_BEGINNING)
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
