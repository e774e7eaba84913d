"""What is wrong with an address as it was written, and how to write it. Each answer is a sentence and its fix."""

import unicodedata

PLAIN_ADDRESS = "Write one plain email address, such as name@hscp.example."
_LONGEST_LOCAL_PART = 64
_LONGEST_ADDRESS = 254
_LONGEST_SHOWN = 60


def shown(text: str) -> str:
    """The text as a sentence quotes it: cut where it is long."""
    return text if len(text) <= _LONGEST_SHOWN else f"{text[:_LONGEST_SHOWN]}…"


def address_fault(name: str, address: str) -> tuple[str, str]:
    """What is wrong with an address that breaks its schema's rule; ``name`` is that of the setting, in quotes."""
    odd = next((letter for letter in address if not letter.isascii()), None)
    local, at, _ = address.partition("@")
    if odd is not None:
        return _odd_letter(address, odd)
    if at and len(local) > _LONGEST_LOCAL_PART:
        sentence = f'the address "{shown(address)}" has {len(local)} characters before the "@".'
        return sentence, f"Mail systems take no more than {_LONGEST_LOCAL_PART} there."
    if len(address) > _LONGEST_ADDRESS:
        sentence = f'the address "{shown(address)}" has {len(address)} characters.'
        return sentence, f"Mail systems take no more than {_LONGEST_ADDRESS}."
    return f'{name} cannot be "{shown(address)}".', PLAIN_ADDRESS


def _odd_letter(address: str, odd: str) -> tuple[str, str]:
    called = unicodedata.name(odd, f"U+{ord(odd):04X}")
    kind = "letter" if odd.isalpha() else "character"
    said = f"{called[:1]}{called[1:].lower()}" if not called.startswith("U+") else called
    sentence = f'the address "{shown(address)}" has the {kind} "{odd}" ({said}) in it.'
    return sentence, "Mail does not go to it: write it in plain letters, a to z."
