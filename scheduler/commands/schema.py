"""``plancycle schema``: the JSON Schemas that editors complete the configuration by."""

import argparse
import json
import sys

from programme.schema import schemas, write_schemas
from scheduler.command_line import CommandError


def run(chosen: argparse.Namespace) -> int:
    if chosen.to is not None:
        for path in write_schemas(chosen.to):
            sys.stdout.write(f"{path}\n")
        return 0
    known = schemas()
    if chosen.name is not None and chosen.name not in known:
        raise CommandError(f"There is no schema named {chosen.name}; there are {', '.join(sorted(known))}.")
    shown = known if chosen.name is None else known[chosen.name]
    sys.stdout.write(json.dumps(shown, ensure_ascii=False, indent=2) + "\n")
    return 0
