"""``pytest tests/report --update-golden`` writes the golden messages anew, to be read by eye before a commit."""

from pathlib import Path

import pytest

GOLDEN = Path(__file__).parent / "golden"


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--update-golden", action="store_true", help="write the golden messages of tests/report anew")


class Golden:
    """Compares a text with its golden file, or writes the file anew."""

    def __init__(self, update: bool) -> None:
        self.update = update

    def check(self, name: str, text: str) -> None:
        path = GOLDEN / name
        if self.update:
            path.write_text(text, encoding="utf-8")
        assert path.exists(), f"{name} is not there yet: run pytest tests/report --update-golden and read it"
        assert text == path.read_text(encoding="utf-8")


@pytest.fixture
def golden(request: pytest.FixtureRequest) -> Golden:
    # Pytest reads this option only where tests/report is named on the command line.
    return Golden(bool(request.config.getoption("--update-golden", default=False)))
