"""How high a row must be, so that no text is hidden in any spreadsheet program."""

import math

LINE = 15.0
MARGIN = 5.0
TALLEST = 409.0


def lines(text: str, width: float) -> int:
    """How many lines a wrapped text takes in a column ``width`` characters wide; a little too many, never too few."""
    room = max(width - 1.0, 1.0)  # words wrap early, letters are narrower than digits: the two make up for each other
    return sum(max(1, math.ceil(len(part) / room)) for part in text.split("\n")) if text else 1


def height(most_lines: int, least: float = 0.0) -> float:
    """Points for that many lines, within what a spreadsheet allows."""
    return min(max(most_lines * LINE + MARGIN, least), TALLEST)
