import pytest

from ledger import configurations
from ledger.errors import LedgerError
from ledger.schema import Entry
from tests.ledger.samples import AT, LATER, keep_configuration


def test_files_come_back_whole_and_keeping_again_changes_nothing(entry: Entry) -> None:
    files = {"service.yaml": "name: Café\n", "plans/ba3.yaml": "rows: []\n"}
    configurations.keep(entry, "good", files, AT)
    configurations.keep(entry, "good", {}, LATER)
    assert configurations.files(entry, "good") == files


def test_what_is_in_force_is_the_last_put_there(entry: Entry) -> None:
    for name in ("one", "two"):
        keep_configuration(entry, name)
    assert configurations.in_force(entry) is None
    for name in ("one", "two", "one", "one"):
        configurations.put_in_force(entry, name, AT)
    assert configurations.in_force(entry) == "one"
    history = entry.exec_driver_sql("SELECT hash FROM in_force ORDER BY id").scalars().all()
    assert history == ["one", "two", "one"]


def test_only_what_was_kept_can_be_in_force(entry: Entry) -> None:
    with pytest.raises(LedgerError, match="does not keep the configuration 0123456789ab"):
        configurations.put_in_force(entry, "0123456789abcdef", AT)


def test_a_bad_edit_stands_since_the_first_of_them(entry: Entry) -> None:
    assert configurations.refused(entry) is None
    assert configurations.refused_faults(entry) == ""
    configurations.refuse(entry, "bad", "cycles.yaml:3:1: wrong", AT)
    configurations.refuse(entry, "worse", "cycles.yaml:4:1: wrong", LATER)
    assert configurations.refused(entry) == ("worse", AT)
    assert configurations.refused_faults(entry) == "cycles.yaml:4:1: wrong"
    configurations.clear_refusal(entry)
    assert configurations.refused(entry) is None
    configurations.refuse(entry, "bad", "again", LATER)
    assert configurations.refused(entry) == ("bad", LATER)
