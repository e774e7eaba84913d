"""Coverage of a process that may open no file: it hands what it measured to the tests through its error output."""

import site
from pathlib import Path

from coverage import Coverage, CoverageData

HOME = Path(__file__).resolve().parents[2]

# What hands it over is loaded first: later no file can be opened.
_WHOLE = """
import sqlite3.dump
from coverage import Coverage
measuring = Coverage(data_file=None, config_file=False, branch=True, include=[{rooms!r}], messages=False)
measuring.start()
{program}
measuring.stop()
sys.stderr.buffer.write(measuring.get_data().dumps())
"""


def confined(program: str) -> str:
    """The program for a Python that was started alone (``-I -S``), with our rooms, and measured where the tests are."""
    rooms = f"import sys; sys.path.append({str(HOME)!r})\n"
    if Coverage.current() is None:
        return rooms + program
    libraries = "".join(f"sys.path.append({folder!r})\n" for folder in site.getsitepackages())
    return rooms + libraries + _WHOLE.format(rooms=str(HOME / "workbook" / "*"), program=program)


def keep(said: bytes) -> None:
    """Lay what a measured program handed over beside what the tests measured themselves."""
    measuring = Coverage.current()
    if measuring is not None:
        data = CoverageData(measuring.config.data_file, suffix=True)
        data.loads(said)
        data.write()
