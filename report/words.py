"""Writing messages: one folder of templates/ for each kind of letter. The only home of Jinja2."""

import re
import textwrap
from functools import cache
from typing import TYPE_CHECKING, Any

from report import answers, letters, prose
from report.letters import AnyLetter, Words
from report.summary import ask_lines, counts_of, summarise

if TYPE_CHECKING:
    from jinja2 import Environment
    from jinja2.nodes import EvalContext
    from markupsafe import Markup

SUBJECT_LIMIT = 110
_TEXT_WIDTH = 74
_FOLDERS: dict[type[AnyLetter], str] = {
    letters.IssueLetter: "issue",
    letters.ReceiptLetter: "receipt",
    letters.UnreadableLetter: "unreadable",
    letters.QuestionLetter: "question",
    letters.DeadlineLetter: "deadline",
    letters.PapersLetter: "papers",
    letters.AlertLetter: "alert",
    letters.ReminderLetter: "reminder",
    letters.ChaseLetter: "chase",
    letters.CoverLetter: "cover",
    letters.EscalationLetter: "escalation",
    letters.CopyLetter: "copy",
    letters.ReviewLetter: "review",
    letters.DraftLetter: "draft",
    letters.AddendumLetter: "addendum",
    letters.DigestLetter: "digest",
    letters.ChangeLetter: "change",
    letters.SpgLetter: "spg",
    letters.DecidedLetter: "decided",
}
_StandingLetter = (
    letters.DeadlineLetter | letters.PapersLetter | letters.DraftLetter | letters.AddendumLetter | letters.DigestLetter
)
_LABEL = re.compile(r"\s*(?:- |\d+\. |\S+ {2,})?")
_FILTERS = (
    *(prose.short_day, prose.long_day, prose.plain_date, prose.clock, prose.moment),
    *(prose.joined, prose.number, prose.counted, prose.plan_names, prose.one_line, prose.cut, prose.shortened),
    *(prose.row_names, prose.capital, prose.times),
)
_FUNCTIONS = (
    *(answers.answers, answers.in_a_line, answers.differences, answers.last_rating),
    *(prose.due_on, ask_lines, counts_of),
)


def write(letter: AnyLetter) -> Words:
    """Write one message. The same letter gives the same words; times are printed in the zone that they carry."""
    folder = _FOLDERS[type(letter)]
    values: dict[str, Any] = {"letter": letter}
    if isinstance(letter, _StandingLetter):
        values |= {"standing": letter.standing, "summary": summarise(letter.standing)}
    subject = _first_that_fits(render(f"{folder}/subject.txt", **values))
    return Words(
        subject=subject,
        text=_wrapped(render(f"{folder}/body.txt", **values)),
        html=render(f"{folder}/body.html", **values, subject=subject),
    )


def render(template: str, **values: Any) -> str:
    """One template of templates/ with these values, such as ``papers/body.html``; HTML is escaped.

    Raises jinja2.UndefinedError where the template asks for something that is not there.
    """
    return _environment().get_template(template).render(values)


@cache
def _environment() -> "Environment":
    from jinja2 import Environment, PackageLoader, StrictUndefined, pass_eval_context, select_autoescape

    environment = Environment(
        loader=PackageLoader("templates", ""),
        undefined=StrictUndefined,
        autoescape=select_autoescape(["html"], default=False),
        finalize=pass_eval_context(_finalized),
        trim_blocks=True,
        lstrip_blocks=True,
        auto_reload=False,
    )
    environment.filters.update({one.__name__: one for one in _FILTERS}, lines=_lines)
    environment.globals.update({one.__name__: one for one in _FUNCTIONS})
    return environment


def _finalized(context: "EvalContext", value: Any) -> Any:
    """Every value that a template prints passes here, so that no text can forget to be cleaned."""
    if not isinstance(value, str) or hasattr(value, "__html__"):
        return value
    return prose.clean(value) if context.autoescape else prose.one_line(value)


def _lines(text: str) -> "Markup":
    """Text in HTML that keeps its line breaks."""
    from markupsafe import Markup, escape

    return Markup("<br>").join(escape(line) for line in prose.clean(text).strip().split("\n"))


def _first_that_fits(subject: str) -> str:
    """A subject template may offer several lines, the fullest first."""
    lines = [prose.one_line(line) for line in subject.splitlines() if line.strip()]
    return next((line for line in lines if len(line) <= SUBJECT_LIMIT), prose.cut(lines[-1], SUBJECT_LIMIT))


def _wrapped(text: str) -> str:
    lines = [_wrapped_line(line) for line in text.strip().splitlines()]
    return re.sub(r"\n{3,}", "\n\n", "\n".join(lines)) + "\n"


def _wrapped_line(line: str) -> str:
    """Fold a long line under its label: a bullet, a number, or a word with two spaces after it."""
    label = _LABEL.match(line)
    hang = " " * len(label[0]) if label else ""
    return textwrap.fill(
        line, _TEXT_WIDTH, subsequent_indent=hang, break_long_words=False, break_on_hyphens=False
    ).rstrip()
