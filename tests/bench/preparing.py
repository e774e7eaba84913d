"""Issues once on both sides and fills in what was issued, so that the returns lie ready. Not measured.

A process of its own: what it has loaded must not be counted as the peak of those that are measured.

Usage: python -m tests.bench.preparing FOLDER PLANS
"""

import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

from mail.reading import read
from programme.loader import load
from tests.bench.made import address, answers, fresh, plan_label, reply, write_configuration
from tests.bench.plain_script import plain_filled
from workbook.filling import fill


def prepare(folder: Path, plans: int) -> None:
    """Leave the configuration in ``config``, and the replies to both sides in folders of their names."""
    write_configuration(folder / "config", plans)
    form = load(folder / "config").programmes[0].form
    _replies(folder, plans, ("ours", "mailbox/Sent"), lambda workbook, plan: fill(workbook, answers(plan), form))
    _replies(folder, plans, ("plain_script", "Sent"), plain_filled)


def _replies(folder: Path, plans: int, side: tuple[str, str], filled: Callable[[bytes, int], bytes]) -> None:
    module, sent = side
    world = fresh(folder, "first")
    subprocess.run(
        [sys.executable, "-m", f"tests.bench.{module}", "issue", str(world), str(plans)],
        check=True,
        capture_output=True,
    )
    (folder / module).mkdir()
    issued = {
        message.recipients[0]: message for message in (read(it.read_bytes()) for it in (world / sent).glob("*.eml"))
    }
    for plan in range(1, plans + 1):
        attachment = issued[address(plan)].attachments[0]
        content = reply(plan, attachment.name, filled(attachment.content, plan))
        (folder / module / f"{plan_label(plan)}.eml").write_bytes(content)


if __name__ == "__main__":
    prepare(Path(sys.argv[1]), int(sys.argv[2]))
