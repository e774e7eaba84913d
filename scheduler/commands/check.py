"""``plancycle check``: every fault of the configuration at once, each with its place and fix."""

import argparse
import json
import sys
from dataclasses import asdict
from datetime import UTC, datetime

from programme.fault import Fault
from programme.loader import examine

_PAST = "Of dates, only those ahead are warned of: plancycle calendar shows what past cycles broke as well."


def run(chosen: argparse.Namespace) -> int:
    """Exit 0 when there is no fault (warnings are no faults), else 1."""
    found = examine(chosen.config, datetime.now(UTC).date())
    faults = sum(1 for fault in found if not fault.warning)
    if chosen.json:
        sys.stdout.write(json.dumps([asdict(fault) for fault in found], ensure_ascii=False, indent=2) + "\n")
    else:
        sys.stdout.write(told(found, faults))
    return 1 if faults else 0


def told(found: tuple[Fault, ...], faults: int) -> str:
    """The faults and warnings a line each, and what they come to."""
    warnings = len(found) - faults
    lines = [str(fault) for fault in found]
    verdict = f"{faults} to put right" if faults else "The configuration is good"
    if warnings:
        lines.append(_PAST)
    lines.append(f"{verdict}; {warnings} warning{'' if warnings == 1 else 's'}.")
    return "\n".join(lines) + "\n"
