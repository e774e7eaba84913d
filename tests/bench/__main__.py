"""How long our cycle takes beside a plain script that does the same for the eye, alternated in one run.

Usage: python -m tests.bench [--quick] [--plans N] [--rounds N]
"""

import argparse
import json
import os
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from mail.folder import deliver
from tests.bench.made import ROWS, fresh

ROOT = Path(__file__).resolve().parent.parent.parent
RETURNED_AT = datetime(2030, 9, 9, 10, tzinfo=UTC)
STATUS = "import sys; from scheduler.command_line import main; sys.exit(main(sys.argv[1:]))"
HALVES = ("issue", "collate")
SIDES = ("plain_script", "ours")
ROOMS = ("scheduler", "jobs", "report", "mail", "workbook", "ledger", "programme", "templates", "tests/bench")


@dataclass(frozen=True, slots=True)
class Cost:
    """What one process took: seconds by the clock, seconds of CPU, and MiB at its peak. ``said`` is its output."""

    wall: float
    cpu: float
    peak: float
    said: str


def main() -> int:
    chosen = _arguments()
    with tempfile.TemporaryDirectory(prefix="plancycle-bench-") as name:
        folder = Path(name)
        # As an installation does with every package: else our own modules alone are translated in every process.
        run([sys.executable, "-m", "compileall", "-q", *ROOMS])
        _say(f"Preparing {chosen.plans} plans of {ROWS} rows and their returns.")
        run([sys.executable, "-m", "tests.bench.preparing", str(folder), str(chosen.plans)])
        costs = measure(folder, chosen.plans, chosen.rounds)
        _say("")
        report(costs, chosen.rounds)
        _say("")
        report_status(folder / "round" / "config")
        _say("")
        report_year(folder / "year")
    return 0


def measure(folder: Path, plans: int, rounds: int) -> dict[tuple[str, str], list[Cost]]:
    """Both sides, both halves, in turn: what else the machine does meanwhile hits both alike."""
    costs: dict[tuple[str, str], list[Cost]] = {(side, half): [] for side in SIDES for half in HALVES}
    for _ in range(rounds):
        for side in SIDES:
            world = fresh(folder, "round")
            for half in HALVES:
                if half == "collate":
                    lay_returns(folder / side, world if side == "plain_script" else world / "mailbox")
                costs[side, half].append(
                    run([sys.executable, "-m", f"tests.bench.{side}", half, str(world), str(plans)])
                )
    return costs


def lay_returns(source: Path, mailbox: Path) -> None:
    """The returns into the Inbox, as the mail server would: not a part of either side's work."""
    for path in sorted(source.glob("*.eml")):
        deliver(mailbox, path.read_bytes(), RETURNED_AT, name=path.name)


def run(command: Sequence[str]) -> Cost:
    """Run a process to its end and say what it took, its own children included."""
    began = time.perf_counter()
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE) as process:
        said = process.stdout.read() if process.stdout else b""
        _, status, used = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode:
        raise SystemExit(f"{' '.join(command)} ended with {process.returncode}")
    return Cost(time.perf_counter() - began, _cpu(used), used.ru_maxrss / 1024, said.decode())


def report(costs: dict[tuple[str, str], list[Cost]], rounds: int) -> None:
    """Seconds and ratios: above 1, the plain script takes longer."""
    _say(f"{'':<9} {'':<10} {'plain':>9} {'ours':>9} {'ratio min':>10} {'ratio median':>13}   ({rounds} rounds)")
    measures: dict[str, Callable[[Cost], float]] = {
        "wall s": lambda cost: cost.wall,
        "CPU s": lambda cost: cost.cpu,
        "peak MiB": lambda cost: cost.peak,
    }
    for half in HALVES:
        for name, value in measures.items():
            plain, ours = ([value(cost) for cost in costs[side, half]] for side in SIDES)
            ratios = [script / service for script, service in zip(plain, ours, strict=True)]
            medians = f"{statistics.median(plain):>9.2f} {statistics.median(ours):>9.2f}"
            _say(f"{half:<9} {name:<10} {medians} {min(ratios):>10.2f} {statistics.median(ratios):>13.2f}")
        parts = json.loads(costs["ours", half][-1].said)
        _say(f"{'':<9} ours, last round: " + ", ".join(f"{name} {took:.2f} s" for name, took in parts.items()))


def report_status(config: Path) -> None:
    """`plancycle status` on the ledger that the last round left, beside a Python that does nothing."""
    nothing, status = [], []
    for _ in range(5):
        nothing.append(run([sys.executable, "-c", "pass"]).wall)
        status.append(run([sys.executable, "-c", STATUS, "status", "--config", str(config)]).wall)
    ratios = [ours / least for ours, least in zip(status, nothing, strict=True)]
    _say(
        f"status: {statistics.median(status) * 1000:.0f} ms, {statistics.median(ratios):.1f} times a Python that does"
        f" nothing (least {min(ratios):.1f})"
    )


def report_year(folder: Path) -> None:
    """The demo's whole year in a process of its own: both programmes, every cycle, all the mail."""
    folder.mkdir()
    cost = run([sys.executable, "-m", "tests.bench.year", str(folder)])
    year = json.loads(cost.said)
    _say(
        f"the year: {year['cycles']} cycles and {year['messages']} messages in {cost.wall:.1f} s,"
        f" {cost.cpu:.1f} s of CPU, {cost.peak:.0f} MiB at the peak"
    )


def _cpu(used: resource.struct_rusage) -> float:
    return used.ru_utime + used.ru_stime


def _arguments() -> argparse.Namespace:
    options = argparse.ArgumentParser(prog="python -m tests.bench", description=__doc__)
    options.add_argument("--quick", action="store_true", help="20 plans and 2 rounds")
    options.add_argument("--plans", type=int)
    options.add_argument("--rounds", type=int)
    chosen = options.parse_args()
    chosen.plans = chosen.plans or (20 if chosen.quick else 200)
    chosen.rounds = chosen.rounds or (2 if chosen.quick else 3)
    return chosen


def _say(line: str) -> None:
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()


if __name__ == "__main__":
    sys.exit(main())
