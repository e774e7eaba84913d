"""The new words of a reply, apart from what it quotes. Best effort: what it misjudges is only shown, or asked about."""

import re

_ORIGINAL = re.compile(
    r"\s*(?:-{2,}\s*(?:Original Message|Forwarded message|Begin forwarded message)\b.*|_{20,}\s*)", re.I
)
_ATTRIBUTION = re.compile(
    r"\s*(?:On\b.{4,300}\bwrote\s*:|Am\b.{4,300}\bschrieb\b.{0,100}:|Le\b.{4,300}\ba écrit\s*:)\s*",
    re.IGNORECASE | re.DOTALL,
)
_FROM = re.compile(r"\s*\*?From:\*?\s+\S", re.IGNORECASE)
_SENT = re.compile(r"\s*\*?(?:Sent|Date|To|Subject):\*?\s+\S", re.IGNORECASE)
_QUOTED = re.compile(r"\s*>")
_SIGNATURE = re.compile(r"-- ?|Sent from (?:my|Outlook|Mail|Samsung)\b.{0,80}|Get Outlook for .{0,80}", re.IGNORECASE)
_MENTIONS = re.compile(
    r"\b(?:attach(?:ed|ing|ments?|es)?|enclos(?:ed|ing|ures?)|please find|find (?:here|below) the (?:file|form)"
    r"|here is (?:the|my|our) (?:form|file|workbook|spreadsheet|return)"
    r"|see (?:the )?(?:file|spreadsheet|workbook)|pfa)\b",
    re.IGNORECASE,
)
_LONGEST = 200_000


def new_text(text: str) -> str:
    """Return what the sender wrote now: without quoted lines, earlier messages below and signatures.

    Answers written between quoted lines are kept. A message that begins with what it forwards gives an empty text.
    """
    lines = text[:_LONGEST].splitlines()
    kept: list[str] = []
    number = 0
    while number < len(lines):
        attribution = _attribution_lines(lines, number)
        if attribution and _quotes_next(lines, number + attribution):
            number += attribution
            continue
        if attribution or _begins_earlier(lines, number) or _SIGNATURE.fullmatch(lines[number].strip("\r\n")):
            break
        if not _QUOTED.match(lines[number]):
            kept.append(lines[number].rstrip())
        number += 1
    return "\n".join(kept).strip()


def mentions_attachment(text: str) -> bool:
    """Whether the words speak of a file that came with them. Give it the new text, not what it quotes."""
    return bool(_MENTIONS.search(text[:_LONGEST]))


def _attribution_lines(lines: list[str], number: int) -> int:
    """How many lines an "On … wrote:" takes here: one, or two or three where the mail program wrapped it; else 0."""
    if not lines[number].lstrip()[:3].startswith(("On ", "Am ", "Le ")):
        return 0
    return next((n for n in (1, 2, 3) if _ATTRIBUTION.fullmatch("\n".join(lines[number : number + n]))), 0)


def _quotes_next(lines: list[str], number: int) -> bool:
    following = next((line for line in lines[number:] if line.strip()), "")
    return bool(_QUOTED.match(following))


def _begins_earlier(lines: list[str], number: int) -> bool:
    """Outlook's rule and its block of From, Sent, To, Subject, or the line of dashes of others."""
    if _ORIGINAL.fullmatch(lines[number]):
        return True
    return bool(_FROM.match(lines[number])) and any(_SENT.match(line) for line in lines[number + 1 : number + 4])
