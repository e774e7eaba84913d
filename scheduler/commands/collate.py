"""``plancycle collate FILES…``: returned workbooks in, papers out."""

import argparse
import os
import stat
import sys
from datetime import UTC, datetime
from pathlib import Path

from jobs.collate import File, collate
from jobs.witness import Keyring
from programme.loader import load
from report.compiled import compiled_workbook, file_name
from report.page import summary_html
from scheduler.secret import KEYS, keyring
from workbook.reading import Reader


def run(chosen: argparse.Namespace) -> int:
    service = load(chosen.config)
    opened = [_file(path) for path in chosen.files]
    files = [item for item in opened if isinstance(item, File)]
    unread = [item for item in opened if isinstance(item, str)]
    keys = _keys()
    with Reader() as reader:
        collated = collate(service, reader, keys, files, datetime.now(UTC), unread)
    for sentence in collated.told:
        sys.stdout.write(f"{sentence}\n")
    if keys is None:
        sys.stdout.write(f"No {KEYS} is set, so the workbooks' signatures were not checked.\n")
    chosen.out.mkdir(parents=True, exist_ok=True)
    workbook = chosen.out / file_name(collated.standing)
    page = workbook.with_suffix(".html")
    workbook.write_bytes(compiled_workbook(collated.standing))
    page.write_text(summary_html(collated.standing), encoding="utf-8")
    sys.stdout.write(f"{workbook}\n{page}\n")
    return 0


def _keys() -> Keyring | None:
    wanted = {KEYS, f"{KEYS}_FILE", "CREDENTIALS_DIRECTORY"} & os.environ.keys()
    return keyring(os.environ) if wanted else None


def _file(path: Path) -> File | str:
    """The file, or the sentence why it cannot be read: the others are collated all the same."""
    try:
        status = path.stat()
        if not stat.S_ISREG(status.st_mode):
            return f"{path}: not taken: it is no file."
        return File(path.name, path.read_bytes(), datetime.fromtimestamp(status.st_mtime, UTC))
    except OSError as trouble:
        return f"{path}: not taken: it cannot be read: {trouble.strerror}."
