"""The JSON Schemas of the configuration's files: the editor's help, the structural check, the settings reference."""

import json
from collections.abc import Iterator
from functools import lru_cache
from importlib import resources
from pathlib import Path
from typing import Any

NAMES = ("service", "people", "plans", "form", "ratings", "cycles", "ladder", "holidays", "facts")


@lru_cache(maxsize=1)
def _texts() -> dict[str, str]:
    folder = resources.files("programme") / "schemas"
    return {name: (folder / f"{name}.schema.json").read_text(encoding="utf-8") for name in NAMES}


def schemas() -> dict[str, dict[str, Any]]:
    """Every schema (draft 2020-12) by the name of the file that it describes, without ``.yaml``."""
    return {name: json.loads(text) for name, text in _texts().items()}


def write_schemas(folder: Path) -> list[Path]:
    """Write every schema into the folder, which is made where it is missing, for editors to find; return the paths."""
    folder.mkdir(parents=True, exist_ok=True)
    written = []
    for name, text in _texts().items():
        path = folder / f"{name}.schema.json"
        path.write_text(text, encoding="utf-8")
        written.append(path)
    return written


_OPENING = """# Settings

Every setting of every file of the configuration. `plancycle check` reads the same descriptions, and an editor that
knows YAML schemas shows them while you type. This page is generated.

`service.yaml` stands in the configuration folder; the other files stand in a folder per programme beside it, of
which `people.yaml`, `plans.yaml` and `cycles.yaml` must be there. A dot leads to a setting inside another; `[]` means
that it stands in every item of a list.
"""


def settings_reference() -> str:
    """The settings reference as Markdown: a section per file, a row per setting."""
    return "\n".join([_OPENING, *(_section(name, schema) for name, schema in schemas().items())])


def _section(name: str, schema: dict[str, Any]) -> str:
    rows = (_row(*setting) for setting in _settings(schema, ""))
    head = ["| setting | holds | needed | meaning |", "|---|---|---|---|"]
    return "\n".join([f"## {name}.yaml", "", schema["description"], "", *head, *rows, ""])


def _settings(schema: dict[str, Any], prefix: str) -> Iterator[tuple[str, dict[str, Any], bool]]:
    for key, setting in schema.get("properties", {}).items():
        path = f"{prefix}{key}"
        yield path, setting, key in schema.get("required", ())
        inner = setting.get("items", setting)
        yield from _settings(inner, f"{path}[]." if "items" in setting else f"{path}.")


def _row(path: str, setting: dict[str, Any], needed: bool) -> str:
    default = setting.get("default")
    said = setting["description"] + (f" Default: {_written(default)}." if default not in (None, "", [], False) else "")
    cells = (f"`{path}`", _holds(setting), "yes" if needed else "", said)
    return "| " + " | ".join(cell.replace("|", "\\|") for cell in cells) + " |"


def _written(default: Any) -> str:
    if isinstance(default, bool):
        return str(default).lower()
    return ", ".join(map(str, default)) if isinstance(default, list) else str(default)


_TYPES = {"string": "text", "integer": "whole number", "boolean": "true or false", "object": "settings"}


def _holds(setting: dict[str, Any]) -> str:
    if "enum" in setting:
        return ", ".join(f"`{choice}`" for choice in setting["enum"])
    if setting["type"] == "array":
        return f"list of {_holds(setting['items'])}{' each' if 'maxLength' in setting['items'] else ''}"
    if setting.get("format") == "date":
        return "date"
    limit = f", up to {setting['maxLength']:,} characters" if "maxLength" in setting else ""
    return _TYPES[setting["type"]] + limit
