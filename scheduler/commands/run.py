"""``plancycle run``: the service, until it is told to stop."""

import argparse
import os

from scheduler.journal import journal
from scheduler.running import Settings, serve, utc_now
from scheduler.secret import keyring


def run(chosen: argparse.Namespace) -> int:
    serve(Settings(chosen.config, keyring(os.environ), chosen.resume, journal(utc_now)))
    return 0
