"""Every kind of mistake in the administrators' files, and the exact sentence that it gets.

Each file of tests/data/configurations changes one file of the small configuration in ``base``.
"""

from datetime import date
from pathlib import Path
from typing import Any

import pytest
import yaml

from programme.fault import ConfigurationError, Fault
from programme.loader import examine, load_files, read_files

HERE = Path(__file__).parent.parent / "data" / "configurations"
BASE = HERE / "base"
WHOLE = HERE / "whole"
# The base with every kind of setting in it.
FULL = read_files(BASE) | read_files(WHOLE)
CASES = sorted(HERE.glob("*.yaml"))


def broken(case: dict[str, Any]) -> dict[str, str]:
    """The base configuration with the case's one change."""
    files = read_files(BASE)
    path = case["file"]
    if case.get("missing"):
        del files[path]
    elif "whole" in case:
        files[path] = case["whole"]
    else:
        assert files[path].count(case["replace"]) == 1
        files[path] = files[path].replace(case["replace"], case["with"])
    return files


def faults_of(files: dict[str, str]) -> tuple[Fault, ...]:
    """The faults of a configuration, none when it loads."""
    try:
        load_files(files)
    except ConfigurationError as error:
        return error.faults
    return ()


def test_the_base_is_sound() -> None:
    assert load_files(read_files(BASE)).name == "A small service"
    assert examine(BASE, date(2020, 1, 1)) == ()


def test_the_whole_is_sound() -> None:
    assert len(load_files(FULL).programmes[0].facts.merged) == 1


def test_there_are_enough_cases() -> None:
    assert len(CASES) >= 30


@pytest.mark.parametrize("path", CASES, ids=lambda path: path.stem)
def test_a_mistake_gets_its_sentence(path: Path) -> None:
    case = yaml.safe_load(path.read_text(encoding="utf-8"))
    with pytest.raises(ConfigurationError) as caught:
        load_files(broken(case))
    assert [str(fault) for fault in caught.value.faults] == case["expect"]
    assert str(caught.value) == "\n".join(case["expect"])


@pytest.mark.parametrize("path", CASES, ids=lambda path: path.stem)
def test_check_tells_the_same_without_raising(path: Path, tmp_path: Path) -> None:
    case = yaml.safe_load(path.read_text(encoding="utf-8"))
    for name, text in broken(case).items():
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(text, encoding="utf-8", newline="")
    told = [fault for fault in examine(tmp_path, date(2020, 1, 1)) if not fault.warning]
    assert [str(fault) for fault in told] == case["expect"]


def test_mistakes_in_several_files_are_told_at_once() -> None:
    files = read_files(BASE)
    files["service.yaml"] = files["service.yaml"].replace("folder", "pigeon")
    files["updates/plans.yaml"] = files["updates/plans.yaml"].replace("2020-09-30", "2020-09-31")
    files["updates/cycles.yaml"] = files["updates/cycles.yaml"].replace("start_from: first", "start_from: third")
    with pytest.raises(ConfigurationError) as caught:
        load_files(files)
    assert [fault.file for fault in caught.value.faults] == [
        "service.yaml",
        "updates/cycles.yaml",
        "updates/plans.yaml",
    ]


@pytest.mark.parametrize("name", sorted(FULL))
def test_no_line_may_be_dropped_with_a_traceback(name: str) -> None:
    lines = FULL[name].splitlines(keepends=True)
    for index in range(len(lines)):
        files = FULL | {name: "".join(lines[:index] + lines[index + 1 :])}
        assert all(fault.sentence.endswith(".") and fault.file for fault in faults_of(files))


@pytest.mark.parametrize("name", sorted(FULL))
def test_no_value_may_be_another_type_with_a_traceback(name: str) -> None:
    lines = FULL[name].splitlines(keepends=True)
    for index, line in enumerate(lines):
        for value in ("", " 7", " true", " [x, y]", " {x: y}", " text"):
            if ":" in line:
                changed = line.split(":")[0] + ":" + value + "\n"
                files = FULL | {name: "".join([*lines[:index], changed, *lines[index + 1 :]])}
                assert all(fault.sentence.endswith(".") and fault.file for fault in faults_of(files))
