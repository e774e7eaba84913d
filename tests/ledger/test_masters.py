"""Masters are kept with their actions, and the newest of a plan counts."""

from datetime import UTC, date, datetime
from pathlib import Path

from ledger import masters
from ledger.masters import Kept
from ledger.store import Ledger
from programme.plan import Action

AT = datetime(2020, 1, 20, 9, tzinfo=UTC)
FIRST = (Action("1.1", "Open the hub", date(2021, 3, 31), {"lead": "SM Homecare", "outcomes": "1, 5"}),)
SECOND = (*FIRST, Action("1.2", "Close the old one", None, {}, "community-care"))


def test_the_newest_of_a_plan_counts(tmp_path: Path) -> None:
    with Ledger.open(tmp_path / "ledger.db") as ledger:
        sha = [ledger.blobs.put(b"one"), ledger.blobs.put(b"two")]
        with ledger.transaction() as entry:
            masters.add(entry, ("sp", "ba1"), Kept(sha[0], FIRST), AT)
            masters.add(entry, ("sp", "ba2"), Kept(sha[0], FIRST), AT)
            masters.add(entry, ("sp", "ba1"), Kept(sha[1], SECOND, ("lead",)), AT)
        with ledger.reading() as entry:
            assert masters.newest(entry, "sp") == {"ba1": Kept(sha[1], SECOND, ("lead",)), "ba2": Kept(sha[0], FIRST)}
            assert masters.newest(entry, "hr") == {}
