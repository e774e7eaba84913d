"""``plancycle mailbox check``: whether the mailbox can be put into service, step by step and in plain words."""

import argparse
import json
import os
import sys
from dataclasses import asdict
from functools import partial

from jobs.witness import Keyring
from ledger import arrivals
from ledger.errors import LedgerError
from ledger.records import Arrival
from ledger.store import Ledger
from programme.loader import load
from scheduler.mailbox_check import Step, Trial, checked
from scheduler.places import ledger_path
from scheduler.running import utc_now
from scheduler.secret import KEYS, keyring, secret
from scheduler.waiting import sleep
from scheduler.wiring import open_mailbox, servers


def run(chosen: argparse.Namespace) -> int:
    """Exit 0 when every step went well, 1 with the step that failed."""
    service = load(chosen.config)
    trial = Trial(
        opened=partial(open_mailbox, service, chosen.config, os.environ),
        address=service.mailbox.address,
        servers=servers(service, chosen.config),
        delivers=service.mailbox.system != "folder",
        send=not chosen.no_send,
        clock=utc_now,
        wait=sleep,
        keyring=None if chosen.no_send else _keys(),
        taken_in=partial(_taken_in, ledger_path(chosen.config)),
    )
    steps = []
    for step in checked(trial):
        steps.append(step)
        if not chosen.json:
            sys.stdout.write(told(step))
            sys.stdout.flush()
    good = all(step.good for step in steps)
    if chosen.json:
        told_whole = {"good": good, "steps": [asdict(step) for step in steps]}
        sys.stdout.write(json.dumps(told_whole, ensure_ascii=False, indent=2) + "\n")
    else:
        sys.stdout.write("The mailbox works.\n" if good else "The mailbox cannot be used yet.\n")
    return 0 if good else 1


def _keys() -> Keyring | None:
    """The signing keys; None where none are given. Raises SecretError for keys that cannot be used."""
    return None if secret(os.environ, KEYS) is None else keyring(os.environ)


def _taken_in(ledger: str, message_id: str) -> Arrival | None:
    """The message that the service has filed; None where it has not, or no service ever ran here."""
    try:
        with Ledger.open(ledger, create=False) as opened, opened.reading() as entry:
            return arrivals.by_message_id(entry, message_id)
    except LedgerError:
        return None


def told(step: Step) -> str:
    """A step in a line."""
    return f"{'ok    ' if step.good else 'FAILED'}  {step.name}: {step.sentence}\n"
