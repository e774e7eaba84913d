"""Signing what we issue, and weighing what comes back: stamps, row tokens and Message-IDs."""

import base64
import hashlib
import hmac
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from ledger.records import Assignment, IntentKey

# A key that has not signed for this long verifies nothing any more (a cycle and its stragglers fit well inside).
VERIFIES_FOR = timedelta(days=400)

_CHECK_ID = re.compile(r"<check\.([0-9a-z]{1,64})\.([a-z2-7]{26})@")

IDENTITY_FIELDS = ("programme", "cycle", "plan", "post", "form", "rows", "key")


@dataclass(frozen=True, slots=True, repr=False)
class Keyring:
    """The signing keys by id, the first of them signing. Never shown, logged or stored."""

    keys: Mapping[str, bytes]

    @property
    def signing(self) -> str:
        return next(iter(self.keys))

    def sign(self, text: str, key_id: str | None = None) -> str:
        """The signature of a text as 26 letters and digits (128 bits of HMAC-SHA-256, base 32)."""
        digest = hmac.new(self.keys[key_id or self.signing], text.encode(), hashlib.sha256).digest()
        return base64.b32encode(digest[:16]).decode().rstrip("=").lower()

    def verifies(self, text: str, signature: str, key_id: str) -> bool:
        return key_id in self.keys and hmac.compare_digest(self.sign(text, key_id), signature)

    def message_id(self, key: IntentKey, domain: str) -> str:
        """The Message-ID that belongs to an intent: the same for the same key, and guessable by nobody."""
        return f"<{self.sign('message ' + str(key))}@{domain}>"

    def thread_id(self, programme: str, cycle: str, plan: str, domain: str) -> str:
        """The id of the thread of a plan in a cycle: no message has it, but all that are about the plan name it."""
        return f"<{self.sign(f'thread {programme}/{cycle}/{plan}')}@{domain}>"

    def check_id(self, nonce: str, domain: str) -> str:
        """The Message-ID of a test message of the mailbox; ``nonce`` is of letters and digits, new for each."""
        return f"<check.{nonce}.{self.sign('check ' + nonce)}@{domain}>"

    def made_check(self, message_id: str) -> bool:
        """Whether a Message-ID is that of a test message, made with one of these keys."""
        found = _CHECK_ID.match(message_id)
        return found is not None and any(self.verifies("check " + found[1], found[2], key_id) for key_id in self.keys)

    def row_token(self, assignment_id: str, ref: str) -> str:
        """The signed id of one issued row, which stays with the row when its sheet is copied alone."""
        return self.sign(f"row {assignment_id} {ref}")

    def __repr__(self) -> str:
        return f"Keyring({', '.join(self.keys)})"


def identity(keyring: Keyring, assignment: Assignment) -> dict[str, str]:
    """What a workbook says of itself in its hidden sheet, signed."""
    fields = {
        "programme": assignment.programme,
        "cycle": assignment.cycle,
        "plan": assignment.plan,
        "post": assignment.post,
        "form": assignment.form.hash,
        "rows": " ".join(row.token for row in assignment.rows),
        "key": assignment.key_id,
    }
    return {"assignment": assignment.id, **fields, "hmac": keyring.sign(_signed_text(assignment.id, fields))}


def stamp_is_ours(keyring: Keyring, stamp: Mapping[str, str], last_signed: datetime | None, now: datetime) -> bool:
    """Whether a workbook's hidden sheet carries our signature under a key that still verifies.

    Unchanged row tokens are not asked for: they are signed one by one.
    """
    key_id = stamp.get("key", "")
    if last_signed is not None and now - last_signed > VERIFIES_FOR:
        return False
    return keyring.verifies(_signed_text(stamp.get("assignment", ""), stamp), stamp.get("hmac", ""), key_id)


def _signed_text(assignment_id: str, fields: Mapping[str, str]) -> str:
    return "\n".join((assignment_id, *(fields.get(name, "") for name in IDENTITY_FIELDS)))
