"""The command line: parse, dispatch, and turn what goes wrong into a sentence and an exit code."""

import argparse
import errno
import importlib
import io
import os
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, NoReturn

DONE, FAULT, USAGE, BUG, INTERRUPTED = 0, 1, 2, 3, 130

EXPECTED = frozenset(
    {
        "ConfigurationError",
        "LedgerError",
        "MailboxError",
        "DeskError",
        "CollateError",
        "SecretError",
        "CommandError",
    }
)


class CommandError(Exception):
    """A fault that the person at the terminal can mend: one sentence."""


def main(arguments: Sequence[str] | None = None) -> int:
    """Run a command. Exit codes: 0 done, 1 an expected fault, 2 usage, 3 a bug, 130 interrupted."""
    chosen = parser().parse_args(arguments)
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            # A terminal that cannot show a letter shows a question mark: no command fails for that.
            stream.reconfigure(errors="replace")
    module = importlib.import_module(f"scheduler.commands.{chosen.module}")
    try:
        code = int(module.run(chosen))
        # Here and not at the interpreter's end, where a reader who went away would be a trace and code 120.
        sys.stdout.flush()
        return code
    except KeyboardInterrupt:
        return INTERRUPTED
    except BrokenPipeError:
        # The reader of our output went away (a pager was closed): nothing is wrong, and nothing more can be said.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return DONE
    except OSError as trouble:
        sentence = _of_the_disk(trouble)
        if sentence is None:
            raise_bug(trouble)
        sys.stderr.write(f"plancycle: {sentence}\n")
        return FAULT
    except Exception as trouble:
        if not EXPECTED & {kind.__name__ for kind in type(trouble).__mro__}:
            raise_bug(trouble)
        sys.stderr.write(f"plancycle: {trouble}\n")
        return FAULT


def _of_the_disk(trouble: OSError) -> str | None:
    """What a file or a full disk would not do, in a sentence; None where it is neither."""
    if trouble.filename is not None:
        return f"{trouble.filename}: {trouble.strerror}. Check the path and the rights."
    if trouble.errno in (errno.ENOSPC, errno.EDQUOT, errno.EIO):
        return f"The output cannot be written: {trouble.strerror}."
    return None


def raise_bug(trouble: Exception) -> NoReturn:
    """Show the whole trace of a bug: it is for whoever mends it."""
    import traceback

    traceback.print_exception(trouble)
    sys.stderr.write("plancycle: this is a bug. Please send the lines above to whoever maintains it.\n")
    raise SystemExit(BUG) from trouble


def parser() -> argparse.ArgumentParser:
    """The whole command line, so that it can be documented and tested."""
    top = argparse.ArgumentParser(prog="plancycle", description="Carries plan-reporting rounds by email, unattended.")
    commands = top.add_subparsers(dest="command", required=True, metavar="COMMAND")
    _service_commands(commands)
    _paper_commands(commands)
    _meeting_commands(commands)
    _desk_commands(commands)
    _mailbox_commands(commands)
    _ledger_commands(commands)
    return top


if TYPE_CHECKING:
    Commands = argparse._SubParsersAction[argparse.ArgumentParser]


def _command(commands: "Commands", name: str, about: str, module: str = "") -> argparse.ArgumentParser:
    made = commands.add_parser(name, help=about, description=about)
    made.set_defaults(module=module or name)
    return made


def _configured(command: argparse.ArgumentParser) -> argparse.ArgumentParser:
    default = os.environ.get("PLANCYCLE_CONFIG", "config")
    told = "the configuration folder (default: $PLANCYCLE_CONFIG, else ./config)"
    command.add_argument("--config", type=Path, default=Path(default), metavar="FOLDER", help=told)
    return command


def _service_commands(commands: "Commands") -> None:
    run = _configured(_command(commands, "run", "Run the service until it is told to stop."))
    run.add_argument(
        "--resume", action="store_true", help="go on after the service stopped itself; the cause is mended"
    )
    status = _configured(_command(commands, "status", "Say how things stand: who is in, what waits, what comes next."))
    status.add_argument("--json", action="store_true", help="as JSON")
    check = _configured(_command(commands, "check", "Check the configuration and report every fault at once."))
    check.add_argument("--json", action="store_true", help="as JSON")
    calendar = _configured(_command(commands, "calendar", "Print each programme's calendar, with gaps and warnings."))
    calendar.add_argument("--json", action="store_true", help="as JSON")
    schema = _command(
        commands, "schema", "Print the JSON Schema of the configuration files, or write them to a folder."
    )
    schema.add_argument("name", nargs="?", help="one of them, such as people (default: all)")
    schema.add_argument("--to", type=Path, metavar="FOLDER", help="write them there instead")


def _paper_commands(commands: "Commands") -> None:
    demo = _configured(_command(commands, "demo", "Play the year, with people who behave like people."))
    demo.add_argument("--cycles", type=int, metavar="N", help="the first N cycles of each (default: all of them)")
    demo.add_argument("--seed", type=int, default=1, metavar="N", help="what chance decides (default: 1)")
    demo.add_argument("--out", type=Path, default=Path("demo"), metavar="FOLDER", help="where it leaves everything")
    there = "work in the mailbox of this service.yaml, all mail going to the mailbox itself; with --cycles 1"
    demo.add_argument("--mailbox", type=Path, metavar="FILE", help=there)
    demo.add_argument("--yes", action="store_true", help="with --mailbox, although other messages lie in the Inbox")
    collate = _configured(_command(commands, "collate", "Join returned workbooks into the papers, without a mailbox."))
    collate.add_argument("files", nargs="+", type=Path, metavar="FILE")
    collate.add_argument("--out", type=Path, default=Path("papers"), metavar="FOLDER", help="where the papers go")


def _meeting_commands(commands: "Commands") -> None:
    decided = _configured(_command(commands, "decisions", "Take in what the SPG decided, or say what was recorded."))
    decided.add_argument("cycle", help="the cycle's id, or programme/id")
    decided.add_argument("file", nargs="?", type=Path, help="the decisions workbook, filled in")
    decided.add_argument("--by", metavar="ID", help="who you are: a team member's id in people.yaml")
    decided.add_argument("--json", action="store_true", help="as JSON")
    history = _configured(_command(commands, "history", "Export ratings, dates, timeliness and decisions, per action."))
    history.add_argument("--programme", metavar="ID", help="of one programme (default: the first)")
    history.add_argument("--out", type=Path, metavar="FILE", help="an .xlsx or .csv file (default: print CSV)")


def _desk_commands(commands: "Commands") -> None:
    desk = _command(commands, "desk", "What waits for a person, and your word on it.")
    verbs = desk.add_subparsers(dest="verb", required=True, metavar="VERB")
    listing = _configured(_command(verbs, "list", "What waits.", "desk"))
    listing.add_argument("--json", action="store_true", help="as JSON")
    show = _configured(_command(verbs, "show", "One item with its message.", "desk"))
    show.add_argument("item", type=int)
    for verb, about in (
        ("accept", "Vouch for the message: it is taken in on your word. For a sending in doubt: it was sent."),
        ("reject", "Close the item; nothing follows from it. For a sending in doubt: it is not sent again."),
        ("reprocess", "Decide the message afresh. For a sending in doubt: send it again."),
    ):
        word = _configured(_command(verbs, verb, about, "desk"))
        word.add_argument("item", type=int)
        word.add_argument("--by", required=True, metavar="ID", help="who you are: a team member's id in people.yaml")
        word.add_argument("--why", required=True, metavar="REASON", help="kept with the decision")


def _mailbox_commands(commands: "Commands") -> None:
    mailbox = _command(commands, "mailbox", "Try the mailbox.")
    verbs = mailbox.add_subparsers(dest="verb", required=True, metavar="VERB")
    check = _configured(_command(verbs, "check", "Try the mailbox, step by step: reach, sign in, send.", "mailbox"))
    check.add_argument("--no-send", action="store_true", help="stop after reading: nothing is sent or filed")
    check.add_argument("--json", action="store_true", help="as JSON")


def _ledger_commands(commands: "Commands") -> None:
    ledger = _command(commands, "ledger", "Look after the ledger.")
    verbs = ledger.add_subparsers(dest="verb", required=True, metavar="VERB")
    _configured(_command(verbs, "upgrade", "Bring the ledger to this version's schema.", "ledger"))
