"""Where the ledger is, read from the service file alone: for commands that must answer at once."""

from pathlib import Path

from programme.fault import ConfigurationError, Fault

FILE = "service.yaml"


def ledger_setting(folder: Path) -> str:
    """The ``ledger`` setting as written. Raises ConfigurationError without it; checks nothing else."""
    import yaml

    try:
        settings = yaml.safe_load((folder / FILE).read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, yaml.YAMLError) as trouble:
        what = f"{folder / FILE} cannot be read ({type(trouble).__name__})."
        raise ConfigurationError([Fault(FILE, 0, 0, what, "Check --config, then run plancycle check.")]) from None
    if not isinstance(settings, dict) or not isinstance(settings.get("ledger"), str):
        raise ConfigurationError([Fault(FILE, 0, 0, "It names no ledger.", "Run plancycle check.")])
    return str(settings["ledger"])
