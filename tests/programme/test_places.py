"""Where the ledger and the mailbox may be kept, as far as the disk says."""

from datetime import date
from pathlib import Path

import pytest

from programme.fault import ConfigurationError
from programme.loader import examine, load, read_files

BASE = Path(__file__).parent.parent / "data" / "configurations" / "base"


def placed(house: Path, old: str, new: str) -> Path:
    """The small configuration in a folder of the house, with one place changed."""
    for name, text in read_files(BASE).items():
        path = house / "config" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text.replace(old, new) if name == "service.yaml" else text, encoding="utf-8")
    return house / "config"


@pytest.mark.parametrize(
    ("old", "new", "told"),
    [
        (
            "path: var/mailbox",
            "path: config/updates",
            (
                "service.yaml:4:9: 'path' is \"config/updates\", which lies in the configuration folder. "
                'Name a place outside "config", such as one in var.'
            ),
        ),
        (
            "ledger: var/ledger",
            "ledger: var/../config/ledger.db",
            (
                "service.yaml:7:9: 'ledger' is \"var/../config/ledger.db\", which lies in the configuration folder. "
                'Name a place outside "config", such as one in var.'
            ),
        ),
        (
            "ledger: var/ledger",
            "ledger: var",
            "service.yaml:7:9: 'ledger' is \"var\", which is a folder. Name a file, such as var/ledger.db.",
        ),
        (
            "ledger: var/ledger",
            "ledger: ..",
            "service.yaml:7:9: 'ledger' is \"..\", which is a folder. Name a file, such as var/ledger.db.",
        ),
    ],
)
def test_a_place_at_which_nothing_can_be_kept(tmp_path: Path, old: str, new: str, told: str) -> None:
    (tmp_path / "var").mkdir()
    config = placed(tmp_path, old, new)
    assert [str(fault) for fault in examine(config, date(2020, 1, 1))] == [told]
    with pytest.raises(ConfigurationError) as caught:
        load(config)
    assert str(caught.value) == told


@pytest.mark.parametrize("place", ["var/ledger.db", "/var/lib/plancycle/ledger.db", "sqlite:////srv/ledger.db"])
def test_a_place_that_will_do(tmp_path: Path, place: str) -> None:
    assert load(placed(tmp_path, "ledger: var/ledger", f"ledger: {place}")).ledger == place


def test_a_password_is_not_repeated(tmp_path: Path) -> None:
    config = placed(tmp_path, "ledger: var/ledger", "ledger: postgresql://plan:Secret99@db/plans")
    (told,) = examine(config, date(2020, 1, 1))
    assert (told.file, told.line, told.column) == ("service.yaml", 7, 9)
    assert "Secret99" not in str(told)
