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
