"""``plancycle calendar``: each programme's dates with weekdays, gaps and warnings."""

import argparse
import json
import sys
from dataclasses import asdict

from programme.calendar import calendar_table, calendar_text
from programme.loader import load


def run(chosen: argparse.Namespace) -> int:
    service = load(chosen.config)
    if chosen.json:
        tables = {item.id: [asdict(row) for row in calendar_table(item)] for item in service.programmes}
        sys.stdout.write(json.dumps(tables, ensure_ascii=False, indent=2, default=str) + "\n")
    else:
        sys.stdout.write("\n".join(calendar_text(item) for item in service.programmes))
    return 0
