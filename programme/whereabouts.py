"""Where the ledger is, read from the service file alone: for commands that must answer at once."""

import re
from pathlib import Path

from programme.fault import ConfigurationError, Fault

FILE = "service.yaml"

# The setting on a line of its own, as it is always written, with or without quotes or a comment behind it.
_LEDGER_LINE = re.compile(
    r"""^ledger:[ ]+(?P<quote>["']?)(?P<setting>[^"'\s#]+)(?P=quote)[ ]*(?:#.*)?\r?$""", re.MULTILINE
)


def ledger_setting(folder: Path) -> str:
    """The ``ledger`` setting as written. Raises ConfigurationError without it; checks nothing else.

    A file that is broken elsewhere still says where the ledger is, and the last good configuration lies there.
    """
    import yaml

    text = ""
    try:
        text = (folder / FILE).read_text(encoding="utf-8")
        settings = yaml.safe_load(text)
    except (OSError, UnicodeDecodeError, yaml.YAMLError) as trouble:
        line = _LEDGER_LINE.search(text)
        if line is not None:
            return line["setting"]
        why = trouble.strerror if isinstance(trouble, OSError) else "it is no YAML"
        what = f"{folder / FILE} cannot be read: {why}."
        raise ConfigurationError([Fault(FILE, 0, 0, what, "Check --config, then run plancycle check.")]) from None
    if not isinstance(settings, dict) or not isinstance(settings.get("ledger"), str):
        raise ConfigurationError([Fault(FILE, 0, 0, "It names no ledger.", "Run plancycle check.")])
    return str(settings["ledger"])
