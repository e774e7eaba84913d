"""The ratings that are built in, worst first. Each colour pair has a contrast of at least 4.5 to 1."""

from programme.form import Rating

BUILT_IN: tuple[Rating, ...] = (
    Rating(
        "red",
        "Red",
        "Not expected to meet its target: immediate action is needed.",
        fill="#9B0F0F",
        ink="#FFFFFF",
        needs_recovery=True,
        synonyms=("R",),
    ),
    Rating(
        "amber",
        "Amber",
        "Not progressing as expected: corrective action is being taken.",
        fill="#FFB81C",
        ink="#000000",
        needs_recovery=True,
        synonyms=("A",),
    ),
    Rating(
        "green",
        "Green",
        "On track.",
        fill="#00857D",
        ink="#FFFFFF",
        synonyms=("G", "on track", "on-track"),
    ),
    Rating(
        "blue",
        "Blue",
        "Complete.",
        fill="#12436D",
        ink="#FFFFFF",
        complete=True,
        synonyms=("B", "complete", "completed", "done"),
    ),
)

READABLE = 4.5


def contrast(one: str, other: str) -> float:
    """The contrast of two colours as the accessibility guidelines (WCAG 2) define it, 1 to 21 (to one)."""
    darker, lighter = sorted((_luminance(one), _luminance(other)))
    return (lighter + 0.05) / (darker + 0.05)


def better_ink(fill: str) -> str:
    """Black or white, whichever reads better on the colour. One of them always does."""
    return max(("#000000", "#FFFFFF"), key=lambda ink: contrast(fill, ink))


def _luminance(colour: str) -> float:
    """Relative luminance, 0 to 1."""
    shares = [int(colour[start : start + 2], 16) / 255 for start in (1, 3, 5)]
    linear = [share / 12.92 if share <= 0.04045 else ((share + 0.055) / 1.055) ** 2.4 for share in shares]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]
