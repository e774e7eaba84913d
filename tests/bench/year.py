"""The demo's whole year, with its mail, workbooks and papers: how long it takes, and what it needs.

Usage: python -m tests.bench.year [FOLDER]; prints a line of JSON.
"""

import json
import sys
import tempfile
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent.parent


def main() -> int:
    if len(sys.argv) > 1:
        return _played(Path(sys.argv[1]))
    with tempfile.TemporaryDirectory(prefix="plancycle-year-") as name:
        return _played(Path(name))


def _played(folder: Path) -> int:
    from programme.loader import load
    from scheduler.demo.playing import play
    from scheduler.demo.stage import prepare
    from scheduler.journal import silent

    began, cycles, messages = time.perf_counter(), 0, 0
    for outcome in play(prepare(load(ROOT / "config"), folder, 1, silent), lambda _: None):
        cycles += 1
        messages += sum(outcome.tally.sent.values())
    took = time.perf_counter() - began
    sys.stdout.write(json.dumps({"cycles": cycles, "messages": messages, "seconds": round(took, 2)}) + "\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
