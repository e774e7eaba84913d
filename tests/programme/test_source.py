"""Reading YAML: what scalars mean, where things stand, and that no text whatever raises."""

import subprocess
import sys

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from programme.form import Rating
from programme.ratings import BUILT_IN
from programme.source import Node, parse

ODD = st.text(st.sampled_from(list("ab:-?|>[]{}&*!%@`'\"#,~ \t\n\r\x85\u2028\ufeff\x00\ud800é0.1<=")), max_size=40)


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        ("true", True),
        ("false", False),
        ("yes", "yes"),
        ("no", "no"),
        ("on", "on"),
        ("True", "True"),
        ("3.10", "3.10"),
        ("7", 7),
        ("-7", -7),
        ("07", "07"),
        ("'7'", "7"),
        ("2020-01-31", "2020-01-31"),
        ("09:00", "09:00"),
        ("1_000", "1_000"),
        ("0x10", "0x10"),
        ("~", None),
        ("null", None),
        ("'null'", "null"),
    ],
)
def test_scalars_are_read_as_people_mean_them(written: str, meant: object) -> None:
    document, faults = parse("a.yaml", f"key: {written}\n")
    assert document is not None
    assert document.data == {"key": meant}
    assert type(document.data["key"]) is type(meant)
    assert faults == []


def test_a_merge_is_a_key_like_any_other() -> None:
    document, _ = parse("a.yaml", "<<: {a: b}\n")
    assert document is not None
    assert document.data == {"<<": {"a": "b"}}


def test_everything_knows_its_place() -> None:
    document, _ = parse("a.yaml", "people:\n  - name: Ann\n    since: 2020-02-29\n")
    assert document is not None
    person = Node(document).get("people").items[0]
    assert (person.get("name").line, str(person.get("name").fault("here."))) == (2, "a.yaml:2:11: here.")
    assert str(person.get("until").fault("not here.")) == "a.yaml:2:5: not here."
    assert person.get("name").get("first").value is None
    assert person.get("name").items == []
    assert person.text == ""


@given(ODD)
@example("a: b\x85c: d")
@example("\ufeffa: b")
@example("%YAML 3.0\n---\na")
@example("&a [*a]")
@example("? ? ? a")
@example("a: !<")
def test_no_text_raises(text: str) -> None:
    document, faults = parse("a.yaml", text)
    assert document is not None or faults
    assert all(fault.sentence.endswith(".") and fault.line > 0 for fault in faults)


def test_reading_is_light_until_it_is_done() -> None:
    code = "import programme.loader, sys; print(sorted({'yaml', 'jsonschema', 'holidays'} & set(sys.modules)))"
    told = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert told.stdout.strip() == "[]"


def luminance(colour: str) -> float:
    """Relative luminance as the accessibility guidelines define it, 0 to 1."""
    shares = [int(colour[start : start + 2], 16) / 255 for start in (1, 3, 5)]
    linear = [share / 12.92 if share <= 0.04045 else ((share + 0.055) / 1.055) ** 2.4 for share in shares]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


@pytest.mark.parametrize("rating", BUILT_IN, ids=lambda rating: rating.id)
def test_a_built_in_rating_can_be_read(rating: Rating) -> None:
    fill, ink = luminance(rating.fill), luminance(rating.ink)
    assert (max(fill, ink) + 0.05) / (min(fill, ink) + 0.05) >= 4.5
