"""A real spreadsheet program opens, saves and prints the form."""

import subprocess
from pathlib import Path

import pytest

from programme.form import Form
from workbook import filling
from workbook.contents import FormContents
from workbook.matching import identity, match, unchanged
from workbook.unpacking import unpack
from workbook.writing import write_form

pytestmark = pytest.mark.desktop


def converted(data: bytes, kind: str, folder: Path) -> bytes:
    source, target = folder / "form.xlsx", folder / "out"
    source.write_bytes(data)
    profile = (folder / "profile").as_uri()
    command = [
        "soffice",
        f"-env:UserInstallation={profile}",
        "--headless",
        "--convert-to",
        kind,
        "--outdir",
        str(target),
        str(source),
    ]
    subprocess.run(command, check=True, capture_output=True, timeout=120)
    return (target / f"form.{kind}").read_bytes()


def test_libreoffice_saves_an_issued_form_that_reads_the_same(contents: FormContents, tmp_path: Path) -> None:
    sheets = unpack(converted(write_form(contents), "xlsx", tmp_path))
    returned = match(contents.form, contents.rows, sheets)
    assert unchanged(returned)
    assert (returned.notes, returned.missing) == ((), ())
    assert identity(sheets) == dict(contents.identity)
    assert returned.tokens == {row.token for row in contents.rows}


def test_libreoffice_saves_a_filled_form_that_reads_the_same(
    contents: FormContents, form: Form, tmp_path: Path
) -> None:
    from datetime import date

    answers = {"3.1": {"rating": "amber", "progress": "=not a formula\nsecond line", "green_by": date(2020, 5, 29)}}
    fields = {"ask": "A decision on the posts", "nobody_identified": "Yes"}
    filled = filling.fill(write_form(contents), answers, form, fields)
    before = match(form, contents.rows, unpack(filled))
    after = match(form, contents.rows, unpack(converted(filled, "xlsx", tmp_path)))
    assert after == before
    assert after.rows[0].values == {
        "rating": "amber",
        "progress": "=not a formula\nsecond line",
        "green_by": "2020-05-29",
    }
    assert after.fields == {"ask": "A decision on the posts", "nobody_identified": "yes"}


def test_libreoffice_prints_it(contents: FormContents, tmp_path: Path) -> None:
    pdf = tmp_path / "form.pdf"
    pdf.write_bytes(converted(write_form(contents), "pdf", tmp_path))
    text = subprocess.run(["pdftotext", "-layout", str(pdf), "-"], check=True, capture_output=True, text=True).stdout
    assert "Please return by Friday 13 March 2020" in text
    assert "0 of 6 done" in text
    assert "Page 1 of 3" in text
    assert "t-3.1-x9" not in text
