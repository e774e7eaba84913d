"""Secrets, which come only from the environment, a ``*_FILE`` or a systemd credential, and are never shown."""

from collections.abc import Mapping
from pathlib import Path

from jobs.witness import Keyring

KEYS = "PLANCYCLE_KEYS"
MAILBOX = "PLANCYCLE_MAILBOX_SECRET"
SHORTEST = 16


class SecretError(Exception):
    """A secret is missing or malformed; the sentence names where it was looked for, never what was found."""


def keyring(environment: Mapping[str, str]) -> Keyring:
    """The signing keys: ``id:secret`` pairs, one a line or separated by spaces, the first of them signing.

    Raises SecretError where there is none, or one is malformed.
    """
    text = secret(environment, KEYS)
    if text is None:
        raise SecretError(
            f"No signing key. Set {KEYS} to id:secret (the secret at least {SHORTEST} characters, kept to yourselves),"
            f" or {KEYS}_FILE to a file that holds it, or give a systemd credential named {_credential(KEYS)}."
        )
    pairs = [part.partition(":") for part in text.split()]
    if not pairs or any(not name or len(value) < SHORTEST for name, _, value in pairs):
        raise SecretError(f"{KEYS} is not of the form id:secret with a secret of at least {SHORTEST} characters.")
    if len({name for name, _, _ in pairs}) < len(pairs):
        raise SecretError(f"{KEYS} names one key id twice; give each key an id of its own.")
    return Keyring({name: value.encode() for name, _, value in pairs})


def mailbox_secret(environment: Mapping[str, str], system: str) -> str:
    """The password, client secret or token of the mailbox. Raises SecretError where there is none."""
    found = secret(environment, MAILBOX)
    if not found:
        raise SecretError(
            f"No secret for the {system} mailbox. It was looked for in {MAILBOX}, in the file that {MAILBOX}_FILE names"
            f" and in a systemd credential named {_credential(MAILBOX)}: give it in one of them, never in the"
            " configuration."
        )
    return found


def secret(environment: Mapping[str, str], name: str) -> str | None:
    """A secret by name, from the first place that has it. Raises SecretError for a file that cannot be read."""
    if name in environment:
        return environment[name]
    if f"{name}_FILE" in environment:
        return _read(Path(environment[f"{name}_FILE"]), f"{name}_FILE")
    if "CREDENTIALS_DIRECTORY" in environment:
        place = Path(environment["CREDENTIALS_DIRECTORY"]) / _credential(name)
        return _read(place, _credential(name)) if place.exists() else None
    return None


def _credential(name: str) -> str:
    return name.lower().replace("_", "-")


def _read(path: Path, name: str) -> str:
    try:
        return path.read_text(encoding="utf-8").strip()
    except (OSError, UnicodeDecodeError) as trouble:
        raise SecretError(f"{name} names {path}, which cannot be read: {type(trouble).__name__}.") from None
