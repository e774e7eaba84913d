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


@pytest.mark.parametrize(
    ("written", "place"),
    [
        ('"a\\u0007b"', (2, 6)),
        ('"a\\rb"', (2, 6)),
        ("é\u202eb", (2, 7)),
        ("a\u200bb", (2, 7)),
        ("a\xadb", (2, 7)),
        ("|\n  é\n  é\u2066a", (4, 4)),
        ("'\ufeffa'", (2, 7)),
    ],
)
def test_what_nobody_sees_is_told_of_at_its_place(written: str, place: tuple[int, int]) -> None:
    document, faults = parse("a.yaml", f"é: é\nkey: {written}\n")
    assert document is not None
    assert [(fault.line, fault.column) for fault in faults] == [place]
    assert faults[0].sentence.startswith("there is an invisible character")


@pytest.mark.parametrize("written", ["a\tb", '"a\\tb"', '"a\\u00a0b"', "a\u00a0b", "می\u200cخواهم", "👩\u200d🏫", "É"])
def test_what_people_write_is_left_alone(written: str) -> None:
    document, faults = parse("a.yaml", f"key: {written}\n")
    assert document is not None
    assert faults == []


def test_line_ends_of_windows_are_line_ends_in_an_escape_too() -> None:
    document, faults = parse("a.yaml", 'key: "a\\r\\nb"\n')
    assert document is not None
    assert (document.data, faults) == ({"key": "a\nb"}, [])


def test_a_no_break_space_is_not_blamed_for_what_is_wrong_far_below() -> None:
    text = "key: >\n  a\n  \u00a0b\nc: d\ne: f\ng: h\ni: [\n"
    (fault,) = parse("a.yaml", text)[1]
    assert (fault.line, "cannot be read as YAML" in fault.sentence) == (8, True)


@pytest.mark.parametrize(
    ("name", "told"), [("\u00a0key", "no-break space"), ("k\u200bey", "invisible"), ('"k\\u200bey"', "invisible")]
)
def test_a_name_with_what_nobody_sees_is_read_without_it(name: str, told: str) -> None:
    document, faults = parse("a.yaml", f"a: b\n{name}: c\n")
    assert document is not None
    assert document.data == {"a": "b", "key": "c"}
    assert [(fault.line, told in fault.sentence) for fault in faults] == [(2, True)]


def test_reading_is_light_until_it_is_done() -> None:
    code = "import programme.loader, sys; print(sorted({'yaml', 'jsonschema', 'holidays'} & set(sys.modules)))"
    told = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert told.stdout.strip() == "[]"
