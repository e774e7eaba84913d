"""The schemas: complete, copied for editors, and the source of the settings reference."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import jsonschema
import pytest

from programme.build import BUILT_IN_FORMS
from programme.declared import PROGRAMME_FILES
from programme.schema import NAMES, schemas, settings_reference, write_schemas
from programme.source import parse
from programme.structure import structural_faults

ROOT = Path(__file__).parent.parent.parent


def settings(schema: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """The schema and everything declared inside it."""
    yield schema
    for inner in (*schema.get("properties", {}).values(), *([schema["items"]] if "items" in schema else [])):
        yield from settings(inner)


@pytest.mark.parametrize("name", NAMES)
def test_a_schema_is_valid_closed_and_described(name: str) -> None:
    schema = schemas()[name]
    jsonschema.Draft202012Validator.check_schema(schema)
    for setting in settings(schema):
        assert setting["description"].endswith("."), setting
        assert setting.get("type") != "object" or setting["additionalProperties"] is False
        assert "pattern" not in setting or setting["patternErrorMessage"]


@pytest.mark.parametrize("name", NAMES)
def test_no_text_is_without_end(name: str) -> None:
    texts = [one for one in settings(schemas()[name]) if one.get("type") == "string" and one.get("format") != "date"]
    assert all(list(jsonschema.Draft202012Validator(one).iter_errors("a" * 4001)) for one in texts)


def test_the_longest_labels_make_a_file_name_that_can_be_sent() -> None:
    plan = schemas()["plans"]["properties"]["plans"]["items"]["properties"]["label"]["maxLength"]
    cycle = schemas()["cycles"]["properties"]["cycles"]["items"]["properties"]["label"]["maxLength"]
    letter = "\u00e9"  # of two bytes, as accents, Greek and Cyrillic are
    assert len(f"{letter * plan} - {letter * cycle}.xlsx".encode()) <= 255


def test_the_copies_for_editors_are_the_schemas(tmp_path: Path) -> None:
    written = write_schemas(tmp_path / "schema")
    assert [path.name for path in written] == [f"{name}.schema.json" for name in NAMES]
    for path in written:
        assert (ROOT / "config" / "schema" / path.name).read_bytes() == path.read_bytes()
    assert len(list((ROOT / "config" / "schema").iterdir())) == len(written)


def test_the_settings_reference_is_up_to_date() -> None:
    assert (ROOT / "docs" / "settings.md").read_text(encoding="utf-8") == settings_reference()


@pytest.mark.parametrize("path", sorted((ROOT / "config").rglob("*.yaml")), ids=lambda path: path.stem)
def test_every_shipped_file_names_its_schema(path: Path) -> None:
    first = path.read_text(encoding="utf-8").splitlines()[0]
    opening, _, schema = first.partition("=")
    assert opening == "# yaml-language-server: $schema"
    assert (path.parent / schema).resolve() == ROOT / "config" / "schema" / f"{path.stem}.schema.json"


@pytest.mark.parametrize("programme", ["strategic-plan", "highlight-reports"])
def test_every_file_of_a_programme_ships(programme: str) -> None:
    shipped = {path.stem for path in (ROOT / "config" / programme).iterdir()}
    assert shipped == set(PROGRAMME_FILES)


@pytest.mark.parametrize("name", BUILT_IN_FORMS)
def test_a_built_in_form_is_a_form_like_any_other(name: str) -> None:
    text = (ROOT / "programme" / "forms" / f"{name}.yaml").read_text(encoding="utf-8")
    document, faults = parse(f"{name}.yaml", text)
    assert document is not None
    assert [*faults, *structural_faults(document, "form")] == []
    assert document.data["id"] == name
