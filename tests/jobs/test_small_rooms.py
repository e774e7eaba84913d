"""Issue, alerts, configurations and signatures."""

from datetime import timedelta

import pytest

from jobs import configuration
from jobs.alert import A_DAY, raise_alert
from jobs.issue import file_name, workbook_name
from jobs.witness import VERIFIES_FOR, Keyring, identity, stamp_is_ours
from ledger import configurations
from ledger.records import IntentKey
from programme.fault import Fault
from tests.jobs.stage import EVE, ISSUE, KEYS, Stage, at, service

VACANT = ("strategic/people.yaml", "holders: [{person: eve}]", "holders: [{person: eve, since: 2020-03-01}]")
BAD = [Fault("people.yaml", 3, 1, "There is no such zone.", "Name one."), Fault("x", 0, 0, "Hm.", "", True)]


def test_each_person_gets_one_message_with_all_their_workbooks(stage: Stage) -> None:
    assert [intent.key.person for intent in stage.intents("issue")] == ["ann", "eve"]
    names = [item.name for item in stage.issue_to("ann").attachments]
    assert names == ["Plan 1 - update 1.xlsx", "Plan 2 - update 1.xlsx"]
    assert stage.assignment("p1").on_time_until == at(1, 0, month=2)


def test_a_post_that_nobody_holds_is_not_issued_and_waits_for_a_person(empty: Stage) -> None:
    empty.declare(service(VACANT))
    empty.wake(EVE)
    empty.wake(ISSUE)
    assert [item.kind for item in empty.desk()] == ["vacant post", "vacant post"]
    assert "nobody holds the post Head of Social Work" in empty.desk()[0].reason
    assert [intent.key.person for intent in empty.intents("issue")] == ["ann"]


def test_a_file_name_has_no_character_that_a_mail_system_objects_to(stage: Stage) -> None:
    from dataclasses import replace

    plan = replace(stage.programme.plan("p1"), label="Care/Protection: 1")
    assert workbook_name(plan, stage.programme.cycle("c1")) == "Care-Protection- 1 - update 1.xlsx"
    assert file_name("Decisions - Q1/2020") == "Decisions - Q1-2020.xlsx"


def alarm(stage: Stage, occasion: str) -> None:
    with stage.ledger.transaction() as entry:
        raise_alert(stage.office, entry, occasion, "Something", ("It happened.", "Look."), stage.now)


def test_an_alert_goes_to_every_team_member_once_for_a_cause(stage: Stage) -> None:
    alarm(stage, "x")
    alarm(stage, "x")
    assert [intent.key.person for intent in stage.intents("alert")] == ["tess", "tom"]


def test_there_are_at_most_ten_alerts_a_day_and_every_one_is_an_event(stage: Stage) -> None:
    for number in range(A_DAY + 5):
        alarm(stage, str(number))
    assert len(stage.alerts()) == A_DAY
    assert len(stage.events("alert")) == A_DAY + 5
    stage.now = ISSUE + timedelta(days=1, seconds=1)
    alarm(stage, "the next day")
    assert len(stage.alerts()) == A_DAY + 1


def test_somebody_in_two_teams_is_told_once(stage: Stage) -> None:
    from dataclasses import replace

    both = replace(stage.office.service, programmes=(stage.programme, replace(stage.programme, id="other")))
    stage.office = replace(stage.office, service=both)
    assert [person.id for _, person in stage.office.team()] == ["tess", "tom"]


def in_force(stage: Stage) -> str | None:
    with stage.ledger.reading() as entry:
        return configurations.in_force(entry)


def test_a_good_edit_is_put_in_force_and_kept_whole(stage: Stage) -> None:
    edited = service(("service.yaml", "Small service", "Renamed"))
    configuration.adopt(stage.ledger, edited, stage.now)
    configuration.adopt(stage.ledger, edited, stage.now)
    assert in_force(stage) == edited.hash
    assert configuration.last_good(stage.ledger) == edited
    assert len(stage.events("configuration in force")) == 2


def test_a_ledger_without_a_configuration_has_no_last_good_one(room, reader) -> None:  # type: ignore[no-untyped-def]
    fresh = Stage(room, reader)
    assert configuration.last_good(fresh.ledger) is None
    fresh.close()


def test_a_bad_edit_is_refused_once_and_the_last_good_one_stays_in_force(stage: Stage) -> None:
    before = in_force(stage)
    for _ in range(3):
        configuration.refuse(stage.office, "bad", BAD, stage.now)
    assert in_force(stage) == before
    assert len(stage.alerts()) == 1
    [event] = stage.events("configuration refused")
    assert event.why == "people.yaml:3:1: There is no such zone. Name one."
    configuration.refuse(stage.office, "worse", BAD, stage.now)
    assert len(stage.alerts()) == 2


def test_putting_the_old_files_back_ends_a_refusal(stage: Stage) -> None:
    configuration.refuse(stage.office, "bad", BAD, stage.now)
    configuration.adopt(stage.ledger, stage.office.service, stage.now)
    with stage.ledger.reading() as entry:
        assert configurations.refused(entry) is None


def test_a_keyring_never_shows_a_secret() -> None:
    assert repr(KEYS) == "Keyring(k1, k0)"
    assert "first key" not in f"{KEYS} {KEYS!r}"


def test_the_first_key_signs_and_any_of_them_verifies() -> None:
    assert KEYS.signing == "k1"
    assert KEYS.verifies("text", KEYS.sign("text", "k0"), "k0")
    assert not KEYS.verifies("text", KEYS.sign("text", "k0"), "k1")
    assert not KEYS.verifies("text", KEYS.sign("text"), "unknown")
    assert not KEYS.verifies("another text", KEYS.sign("text"), "k1")


def test_a_message_id_follows_from_its_key_alone() -> None:
    key = IntentKey("p", "c", "issue", "ann", "1")
    assert KEYS.message_id(key, "ours.example") == KEYS.message_id(key, "ours.example")
    assert KEYS.message_id(key, "ours.example").endswith("@ours.example>")
    assert KEYS.message_id(key, "x") != KEYS.message_id(IntentKey("p", "c", "issue", "ann", "2"), "x")
    assert KEYS.message_id(key, "x") != Keyring({"k1": b"another key altogether"}).message_id(key, "x")


@pytest.mark.parametrize("field", ["assignment", "programme", "cycle", "plan", "post", "form", "rows", "key", "hmac"])
def test_every_field_of_a_stamp_is_signed(stage: Stage, field: str) -> None:
    stamp = identity(KEYS, stage.assignment("p1"))
    assert stamp_is_ours(KEYS, stamp, ISSUE, ISSUE)
    assert not stamp_is_ours(KEYS, stamp | {field: stamp[field] + "x"}, ISSUE, ISSUE)
    assert not stamp_is_ours(KEYS, {name: text for name, text in stamp.items() if name != field}, ISSUE, ISSUE)


def test_a_key_verifies_for_four_hundred_days_after_it_last_signed(stage: Stage) -> None:
    stamp = identity(KEYS, stage.assignment("p1"))
    assert stamp_is_ours(KEYS, stamp, ISSUE, ISSUE + VERIFIES_FOR)
    assert not stamp_is_ours(KEYS, stamp, ISSUE, ISSUE + VERIFIES_FOR + timedelta(seconds=1))
    assert stamp_is_ours(KEYS, stamp, None, ISSUE + 2 * VERIFIES_FOR)


def test_an_alert_about_one_programme_goes_to_its_own_team_once_per_address(stage: Stage) -> None:
    """Ids are a programme's own: in the other one tess is somebody else, and tom is the same person."""
    from dataclasses import replace

    first = stage.programme
    other = replace(
        first,
        id="reports",
        people={**first.people, "tess": replace(first.people["tess"], addresses=("tessa@ours.example",))},
    )
    office = replace(stage.office, service=replace(stage.office.service, programmes=(first, other)))

    def addresses(about: str) -> list[str]:
        return [one.address for one in stage.intents("alert") if one.key.occasion == about]

    with stage.ledger.transaction() as entry:
        for about, desk in (("a", office), ("b", office.of(other)), ("c", office.of(first))):
            raise_alert(desk, entry, about, "Something", ("It happened.", "Look."), stage.now)
    assert addresses("a") == ["tess@ours.example", "tom@ours.example", "tessa@ours.example"]
    assert addresses("b") == ["tessa@ours.example", "tom@ours.example"]
    assert addresses("c") == ["tess@ours.example", "tom@ours.example"]
