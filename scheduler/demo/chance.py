"""Choices that look like chance and are the same for the same seed, on every machine and version of Python."""

import hashlib
from collections.abc import Sequence
from typing import TypeVar

Thing = TypeVar("Thing")


def chance(seed: int, about: str, sides: int) -> int:
    """A number from 0 to ``sides`` - 1: the same for the same seed and the same thing that it is about."""
    digest = hashlib.sha256(f"{seed} {about}".encode()).digest()
    return int.from_bytes(digest[:8]) % sides


def pick(seed: int, about: str, things: Sequence[Thing], skip: int = 0) -> Thing:
    """One of the things. ``skip`` goes on from there, so that what is picked in turn is picked once."""
    return things[(chance(seed, about, len(things)) + skip) % len(things)]
