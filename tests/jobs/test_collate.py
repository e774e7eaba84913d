"""Collate: returned workbooks in, papers out, with no mailbox and no ledger."""

from datetime import datetime
from io import BytesIO

import pytest
from openpyxl import load_workbook

from jobs import minutes
from jobs.collate import Collated, CollateError, File, collate
from jobs.witness import Keyring
from programme.service import Service
from report.compiled import compiled_workbook
from tests.jobs.stage import DURING, GREEN, ISSUE, KEYS, Stage, filled, rows, service, signed_form
from tests.jobs.test_doubts import restamped
from tests.jobs.test_returns import unstamped
from workbook import filling
from workbook.reading import Reader

RED = {"rating": "red", "progress": "It stopped.", "reason": "No money; a bid is in."}
BEFORE, AFTER = DURING, DURING.replace(hour=12)


def form(plan: str, post: str, cycle: str = "c1") -> bytes:
    return signed_form(service().programmes[0], plan, post, cycle, KEYS, ISSUE)


def file(name: str, content: bytes, changed_at: datetime = BEFORE) -> File:
    return File(name, content, changed_at)


def joined(reader: Reader, *files: File, keyring: Keyring | None = KEYS, declared: Service | None = None) -> Collated:
    return collate(declared or service(), reader, keyring, files, AFTER)


def test_files_are_joined_plan_by_plan_into_the_papers_of_their_cycle(reader: Reader) -> None:
    first = file("a.xlsx", filled(form("p1", "care"), {"1.1": GREEN}))
    second = file("b.xlsx", filled(form("p2", "social"), {"2.1": RED, "2.2": GREEN}))
    collated = joined(reader, first, second)
    found = rows(collated.standing.plans)
    assert collated.told == (
        "a.xlsx: Plan 1, 1 row accepted, row 1.2 without a rating.",
        "b.xlsx: Plan 2, 2 rows accepted.",
        "  Row 2.1 (cell Actions!J7) is Red with no date back to Green.",
    )
    assert (found["1.1"].status, found["1.2"].status, found["2.1"].status) == ("Green", "not updated", "Red")
    assert found["3.1"].status == "no return"
    assert (collated.standing.cycle, collated.standing.draft) == ("update 1", True)
    assert [line.file_name for line in collated.standing.log] == ["a.xlsx", "b.xlsx"]


def test_the_file_that_was_changed_last_wins_whatever_the_order(reader: Reader) -> None:
    newer = file("a.xlsx", filled(form("p1", "care"), {"1.1": RED}), AFTER)
    older = file("b.xlsx", filled(form("p1", "care"), {"1.1": GREEN}), BEFORE)
    for files in ((newer, older), (older, newer)):
        assert rows(joined(reader, *files).standing.plans)["1.1"].rating == "red"


def test_an_edited_stamp_is_not_taken_where_there_is_a_key(reader: Reader) -> None:
    good = file("a.xlsx", filled(form("p1", "care"), {"1.1": GREEN}))
    forged = file("b.xlsx", restamped(filled(form("p2", "social"), {"2.1": RED}), hmac="a" * 26))
    collated = joined(reader, good, forged)
    assert collated.told[-1] == "b.xlsx: not taken: its hidden sheet does not carry our signature."
    assert rows(collated.standing.plans)["2.1"].status == "no return"
    assert rows(joined(reader, good, forged, keyring=None).standing.plans)["2.1"].rating == "red"


def test_rows_without_a_stamp_go_to_the_only_plan_that_has_them(reader: Reader) -> None:
    good = file("a.xlsx", filled(form("p1", "care"), {"1.1": GREEN}))
    alone = file("b.xlsx", unstamped(filled(form("p3", "social"), {"3.1": RED})))
    assert rows(joined(reader, good, alone).standing.plans)["3.1"].rating == "red"


def test_rows_of_a_joint_plan_without_a_stamp_go_to_nobody(reader: Reader) -> None:
    good = file("a.xlsx", filled(form("p1", "care"), {"1.1": GREEN}))
    alone = file("b.xlsx", unstamped(filled(form("p2", "social"), {"2.1": RED})))
    assert any("b.xlsx: not taken: no plan of this cycle" in told for told in joined(reader, good, alone).told)


def test_a_file_that_cannot_be_read_is_told_and_the_others_count(reader: Reader) -> None:
    good = file("a.xlsx", filled(form("p1", "care"), {"1.1": GREEN}))
    collated = joined(reader, good, file("b.pdf", b"%PDF-1.4 x"))
    assert any(told.startswith("b.pdf: not taken: ") and "PDF" in told for told in collated.told)
    assert rows(collated.standing.plans)["1.1"].rating == "green"


def test_each_file_says_what_somebody_should_look_at(reader: Reader) -> None:
    doubtful = {"1.1": {"rating": "purple", "progress": "Half is done."}, "1.2": {**GREEN, "green_by": "soonish"}}
    told = joined(reader, file("a.xlsx", filled(form("p1", "care"), doubtful))).told
    assert told[0] == "a.xlsx: Plan 1, 1 row accepted, row 1.1 without a rating."
    assert any("purple" in line for line in told[1:])
    assert any("soonish" in line for line in told[1:])
    assert all(line.startswith("  ") for line in told[1:])


def test_papers_and_decisions_are_nobody_s_return(reader: Reader, stage: Stage) -> None:
    good = file("a.xlsx", filled(form("p1", "care"), {"1.1": RED}))
    standing = joined(reader, good).standing
    papers = file("papers.xlsx", compiled_workbook(standing))
    of = (stage.office, stage.programme, stage.programme.cycles[0])
    decisions = file("decisions.xlsx", minutes.workbook(*of, standing, AFTER))
    told = joined(reader, good, papers, decisions).told
    assert any(line.startswith("papers.xlsx: not taken: these are papers") for line in told)
    assert any(line.startswith("decisions.xlsx: not taken: ") and "plancycle decisions" in line for line in told)
    with pytest.raises(CollateError, match=r"(?s)papers\.xlsx: not taken: these are papers.*None of these files says"):
        joined(reader, papers)


def test_tables_of_several_plans_without_a_stamp_are_nobody_s_form(reader: Reader) -> None:
    """Papers that somebody saved anew, without what marks them."""
    good = file("a.xlsx", filled(form("p3", "social"), {"3.1": RED}))
    other = file("c.xlsx", filled(form("p1", "care"), {"1.1": GREEN}))
    book = load_workbook(BytesIO(compiled_workbook(joined(reader, good, other).standing)))
    book.remove(book["_plancycle"])
    out = BytesIO()
    book.save(out)
    told = joined(reader, good, file("saved.xlsx", out.getvalue())).told
    assert any("saved.xlsx: not taken: no plan of this cycle" in line for line in told)


def test_files_of_two_cycles_are_refused(reader: Reader) -> None:
    files = [file("a.xlsx", form("p1", "care", "c1")), file("b.xlsx", form("p1", "care", "c2"))]
    with pytest.raises(CollateError, match=r"belong to strategic/c1 and strategic/c2. Collate one cycle at a time"):
        joined(reader, *files)


@pytest.mark.parametrize("content", [b"%PDF-1.4 x", None])
def test_files_of_which_none_says_where_it_belongs_are_refused(reader: Reader, content: bytes | None) -> None:
    nameless = content or filling.keep_only_action_sheet(filled(form("p1", "care"), {"1.1": GREEN}))
    with pytest.raises(CollateError, match="None of these files says which cycle"):
        joined(reader, file("a.xlsx", nameless))


def test_files_of_a_cycle_that_is_not_declared_are_refused(reader: Reader) -> None:
    other = service(("strategic/cycles.yaml", "{id: c1,", "{id: c0,"))
    with pytest.raises(CollateError, match=r"strategic/c1, which this configuration does not have"):
        joined(reader, file("a.xlsx", form("p1", "care")), declared=other)
