"""What a change means for a sponsor who knew what was before: the fact alone leaves them to work it out."""

from programme.change import Change, ChangeKind

_STAYS_GOOD = "The form that you have stays good"
_NEXT_ISSUE = f"{_STAYS_GOOD}; the next issue has it as it is now."

# What is new or changed, and what was taken back: only a standing fact can be, and then nobody decided it any more.
_NOW = {
    ChangeKind.DEADLINE_MOVED: f"What is still open is due by the new date, unless you have one of your own."
    f" {_STAYS_GOOD}, though it shows the old date.",
    ChangeKind.SPG_MOVED: "The date for your return stays as it was, unless this message says otherwise.",
    ChangeKind.EXTENSION: f"What is returned by the new date is on time, and nobody chases you before. {_STAYS_GOOD}.",
    ChangeKind.EXCUSE: "You need return nothing for it, and nobody asks you for it any more. What you have sent is"
    " kept; the papers say that you were excused, and why.",
    ChangeKind.CANCELLED: "You need return nothing for it, and nobody asks you for it any more. What you have sent is"
    " kept.",
    ChangeKind.WITHDRAWN: "From that day you need return nothing for it, and nobody asks you for it. What you have"
    " sent is kept.",
    ChangeKind.HOLDER: "Whoever holds the post on the day is asked for what is open then. What was returned stays.",
    ChangeKind.SPONSORSHIP: "Who was asked in this cycle stays asked; the next issue goes to the new sponsors.",
    ChangeKind.POLICY: f"{_STAYS_GOOD}, and this cycle goes on as it began; the next issue goes by the new rule.",
    ChangeKind.ACTION_REMOVED: "Where it is open, you may leave that row empty and tell us so.",
    ChangeKind.ACTION_DUE: _NEXT_ISSUE,
    ChangeKind.ACTION_OWNER: f"{_STAYS_GOOD}; the next issue asks the new owner.",
}
_TAKEN_BACK = {
    ChangeKind.EXTENSION: "What comes after that day is recorded as late. If you cannot keep it, please tell us.",
    ChangeKind.EXCUSE: f"Please return what is still open. {_STAYS_GOOD}.",
    ChangeKind.CANCELLED: f"Please return what is still open. {_STAYS_GOOD}.",
    ChangeKind.WITHDRAWN: f"What was asked of you for it is asked again. {_STAYS_GOOD}.",
}


def meaning(change: Change) -> str:
    """In a sentence or two, for whoever was asked for the plans in it; empty where there is nothing to add."""
    undone = change.kind in _TAKEN_BACK and not change.decided_by
    return (_TAKEN_BACK if undone else _NOW).get(change.kind, "")
