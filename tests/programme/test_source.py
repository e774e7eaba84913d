"""Reading YAML: what scalars mean, where things stand, and that no text whatever raises."""

import subprocess
import sys

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

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
