"""The messages: golden files, sound HTML, and text that stays text."""

import re
import subprocess
import sys
import tomllib
import unicodedata
from collections.abc import Iterator
from dataclasses import fields, is_dataclass, replace
from datetime import date
from fnmatch import fnmatch
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

import templates
from report import letters
from report.words import SUBJECT_LIMIT, write
from tests.report import ladder_samples, samples
from tests.report.conftest import Golden
from tests.report.markup import Markup, contrast

ROOT = Path(__file__).parents[2]
EVERY_LETTER = pytest.mark.parametrize("name", ladder_samples.LETTERS)
KEPT = {
    "state",
    "status",
    "role",
    "id",
    "rating",
    "worst",
    "agreed",
    "reported",
    "fill",
    "ink",
    "column",
    "kind",
    "to",
    "follows",
}


@EVERY_LETTER
def test_golden(name: str, golden: Golden) -> None:
    words = write(ladder_samples.LETTERS[name])
    golden.check(f"{name}.txt", f"{words.subject}\n\n{words.text}")
    golden.check(f"{name}.html", words.html)


@EVERY_LETTER
def test_the_html_is_sound_and_fetches_nothing(name: str) -> None:
    words = write(ladder_samples.LETTERS[name])
    markup = Markup(words.html)
    assert markup.faults == []
    assert markup.attributes("html") == [{"lang": "en-GB"}]
    assert len(markup.attributes("h1")) == 1
    assert f"<title>{words.subject[:10]}" in words.html
    for table in words.html.split("<table")[1:]:
        assert 'role="presentation"' in table.split(">")[0] or 'scope="' in table.split("</table>")[0]
    assert all("scope" in attributes for attributes in markup.attributes("th"))


@EVERY_LETTER
def test_colours_can_be_read(name: str) -> None:
    html = write(ladder_samples.LETTERS[name]).html
    pairs = re.findall(r"background-color:(#\w{6});color:(#\w{6})", html)
    assert all(contrast(*pair) >= 4.5 for pair in pairs)
    alone = set(re.findall(r"(?<![-\w])color:(#\w{6})", html)) - {ink for _, ink in pairs}
    assert alone
    assert all(contrast(ink, paper) >= 4.5 for ink in alone for paper in ("#ffffff", "#eef3f8"))


@EVERY_LETTER
def test_the_text_is_a_message_of_its_own(name: str) -> None:
    letter = ladder_samples.LETTERS[name]
    words = write(letter)
    assert words.text.startswith(f"Dear {letter.person},\n")
    assert "<" not in words.text.replace(samples.HOSTILE, "")
    assert all(len(line) <= 74 for line in words.text.splitlines())
    assert not any(line != line.rstrip() for line in words.text.splitlines())
    assert write(letter) == words


@EVERY_LETTER
def test_both_bodies_have_the_same_facts(name: str) -> None:
    words = write(ladder_samples.LETTERS[name])
    facts = re.findall(r"\d[\w.:]*\w", words.text)
    shown = Markup(words.html).text
    assert facts
    assert [fact for fact in facts if fact not in shown] == []


def _with(value: Any, text: str) -> Any:
    """The value with every free text in it replaced."""
    if isinstance(value, str):
        return text
    if isinstance(value, tuple):
        return tuple(_with(one, text) for one in value)
    if isinstance(value, dict):
        return {key: _with(one, text) for key, one in value.items()}
    if is_dataclass(value) and not isinstance(value, type):
        changes = {one.name: _with(getattr(value, one.name), text) for one in fields(value) if one.name not in KEPT}
        return replace(value, **changes)
    return value


def _letters(text: str) -> Iterator[letters.AnyLetter]:
    for letter in ladder_samples.LETTERS.values():
        yield _with(letter, text)


@pytest.mark.parametrize(
    "text",
    [
        samples.HOSTILE,
        "</td></table><img src=x onerror=alert(1)>",
        "{{ 7*7 }}{% raise %}",
        "a\r\nBcc: x@evil.example\r\n\r\nb",
    ],
)
def test_hostile_text_stays_text(text: str) -> None:
    for letter in _letters(text):
        words = write(letter)
        markup = Markup(words.html)
        assert markup.faults == []
        assert "onerror" not in str(markup.tags)
        assert "\u202e" not in words.html + words.text + words.subject
        assert "49" not in words.subject
        assert "\r" not in words.text
        assert "evil.example\n\nb" not in words.text


@given(st.text())
def test_a_subject_is_one_short_line_whatever_people_write(text: str) -> None:
    words = write(_with(samples.ISSUE, text))
    assert 0 < len(words.subject) <= SUBJECT_LIMIT
    assert len(words.subject.splitlines()) == 1
    assert not {unicodedata.category(one) for one in words.subject} & {"Cc", "Cs", "Zl", "Zp"}
    assert Markup(words.html).faults == []


def test_of_many_rows_every_one_is_named_and_the_message_stays_one_for_a_phone() -> None:
    ratings = ("red", "red", "amber", "amber", "amber", "green")
    before = samples.row("0", "", None, None, samples._last("green")).last
    plans = tuple(
        replace(
            samples.PLAN_4,
            id=f"p{plan}",
            label=f"Plan {plan}",
            rows=tuple(
                samples.row(f"{plan}.{at}", "Do it", None, rating, before, progress="Half done.", reason="Few people.")
                for at, rating in enumerate(ratings, start=1)
            ),
        )
        for plan in range(1, 101)
    )
    words = write(replace(samples.PAPERS, standing=replace(samples.STANDING, plans=plans)))
    assert len(words.html) < 100_000, "more is cut by some mail programs"
    named = " ".join(words.text.split())
    assert "160 more are Red, in full on the sheet Exceptions of the workbook" in named
    assert "Plan 100: rows 100.1 and 100.2" in named
    assert "240 more are Amber, on the sheet Exceptions" in named
    assert "Plan 100: rows 100.3, 100.4 and 100.5" in named
    assert "Worsened too: Plan 100: rows 100.1, 100.2, 100.3, 100.4 and 100.5" in named


def test_a_long_subject_falls_back_to_a_shorter_form() -> None:
    plans = tuple(replace(samples.ASKED_2, label=f"The long name of plan {one}ness") for one in "abcd")
    assert write(replace(samples.ISSUE, plans=plans)).subject == "Strategic Plan update 4 – 4 plans – due Fri 31 Jan"
    longest = write(replace(samples.ISSUE, cycle="update " * 30)).subject
    assert len(longest) <= SUBJECT_LIMIT
    assert longest.endswith("…")


def test_line_breaks_of_a_sponsor_survive_in_html() -> None:
    assert "Two of five agencies have signed.<br>The rest meet in March." in write(samples.PAPERS).html


def test_the_deadline_is_bold() -> None:
    assert "<strong>Please return them by the end of Friday 31 January 2020.</strong>" in write(samples.ISSUE).html


@EVERY_LETTER
def test_nothing_is_promised_that_does_not_work_yet(name: str) -> None:
    """Answers that are typed into a message are read by a person, never by the service."""
    words = write(ladder_samples.LETTERS[name])
    text = " ".join(words.text.casefold().split())
    assert not re.search(r"no change|a line for each|on a phone|reply (with )?[\"“]\d", text)


@EVERY_LETTER
def test_a_person_can_be_reached_from_every_message(name: str) -> None:
    words = write(ladder_samples.LETTERS[name])
    assert samples.SENDER.team in words.text
    assert samples.SENDER.team in words.html


def test_a_receipt_counts_what_it_holds() -> None:
    two = replace(samples.RECEIPT_3, queries=samples.RECEIPT_3.queries * 2, still_missing=("3.3",))
    words = write(replace(samples.RECEIPT, plans=(two,), sender=replace(samples.SENDER, phone="")))
    assert "2 questions" in words.subject
    assert "TWO QUESTIONS" in words.text
    assert "The ratings stand meanwhile" in " ".join(words.text.split())
    assert "row 3.3. Without an answer it is reported" in " ".join(words.text.split())
    assert "Please tell us at once." in " ".join(words.text.split())
    unchanged = write(replace(samples.RECEIPT, plans=(samples.UNCHANGED,)))
    assert unchanged.subject == "Strategic Plan update 4 – Received: Big Action 2 – nothing filled in"


def test_a_gap_that_the_other_sponsor_fills() -> None:
    rows = tuple(one for one in samples.PLAN_3.rows if one.rating)
    standing = replace(samples.STANDING, plans=(replace(samples.PLAN_3, rows=rows),))
    words = write(replace(samples.PAPERS, standing=standing))
    assert "Every row has a rating from the other sponsor." in words.text


def test_an_amber_row_says_what_is_missing() -> None:
    form = replace(samples.FORM, columns=tuple(one for one in samples.FORM.columns if one.id != "green_by"))
    row = samples.row("9.1", "Do it", date(2020, 1, 1), "amber", samples.LastKnown())
    plan = replace(samples.PLAN_4, rows=(row,))
    words = write(replace(samples.PAPERS, standing=replace(samples.STANDING, form=form, plans=(plan,))))
    assert "- 9.1 Do it. No words were given.\n" in words.text


def test_importing_needs_neither_jinja_nor_xlsxwriter() -> None:
    code = (
        "import sys, report.words, report.compiled, report.page; print({'jinja2', 'xlsxwriter'} & sys.modules.keys())"
    )
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "set()"


def test_every_template_ships() -> None:
    settings = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    patterns = settings["tool"]["setuptools"]["package-data"]["templates"]
    folder = Path(templates.__file__).parent
    found = [path.relative_to(folder) for path in folder.rglob("*.*") if path.suffix in {".txt", ".html"}]
    assert len(found) > 20
    for path in found:
        assert any(fnmatch(path.as_posix(), one) and one.count("/") == len(path.parts) - 1 for one in patterns)
