"""Writing messages: one folder of templates/ for each kind of letter. The only home of Jinja2."""

import re
import textwrap
from functools import cache, lru_cache, partial
from typing import TYPE_CHECKING, Any

from report import answers, asked, letters, prose
from report.highlights import highlights
from report.letters import AnyLetter, Words
from report.standing import One
from report.summary import ask_lines, at_length, counts_of, summarise

if TYPE_CHECKING:
    from jinja2 import Environment
    from jinja2.nodes import EvalContext
    from markupsafe import Markup

SUBJECT_LIMIT = 110
_TEXT_WIDTH = 74
_FOLDERS: dict[type[AnyLetter], str] = {
    asked.IssueLetter: "issue",
    letters.ReceiptLetter: "receipt",
    letters.UnreadableLetter: "unreadable",
    letters.AgainLetter: "receipt/again",
    letters.QuestionLetter: "question",
    letters.DeadlineLetter: "deadline",
    letters.PapersLetter: "papers",
    letters.AlertLetter: "alert",
    asked.ReminderLetter: "reminder",
    asked.ChaseLetter: "chase",
    asked.CoverLetter: "cover",
    asked.EscalationLetter: "escalation",
    asked.CopyLetter: "copy",
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
# Of a programme's rows that need somebody's eye a message tells so many in full, and so many in a line each.
_LENGTHS = {"in_full": 40, "in_a_line_each": 60}
_LABEL = re.compile(r"\s*(?:- |\d+\. |\S+ {2,})?")
_FILTERS = (
    *(prose.short_day, prose.long_day, prose.plain_date, prose.clock, prose.moment),
    *(prose.joined, prose.number, prose.counted, prose.plan_names, prose.one_line, prose.cut, prose.shortened),
    *(prose.row_names, prose.capital, prose.times),
)
_FUNCTIONS = (
    *(answers.answers, answers.in_a_line, answers.differences, answers.last_rating, answers.last_when),
    *(prose.due_on, ask_lines, at_length, counts_of, highlights),
)


def write(letter: AnyLetter) -> Words:
    """Write one message. The same letter gives the same words; times are printed in the zone that they carry."""
    folder = _FOLDERS[type(letter)]
    values: dict[str, Any] = {"letter": letter}
    if isinstance(letter, _StandingLetter):
        values |= {"standing": letter.standing, "summary": summarise(letter.standing)}
        values |= {"part": partial(_part, One(letter.standing))}
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


@lru_cache(maxsize=4)
def _part(one: One, template: str, to_decide: str) -> "Markup":
    """A part that is the same for every reader in one role; it is markup already, or text of which lines are kept."""
    from markupsafe import Markup

    # Every value in it went through a template of its own, escaped there where it is HTML.
    return Markup(render(template, standing=one.standing, summary=summarise(one.standing), to_decide=to_decide))  # noqa: S704


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
    environment.globals.update({one.__name__: one for one in _FUNCTIONS}, **_LENGTHS)
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
    text = "\n\n".join(map(_wrapped_paragraph, text.strip().split("\n\n")))
    while "\n\n\n" in text:
        text = text.replace("\n\n\n", "\n\n")
    return text + "\n"


@lru_cache(maxsize=5_000)
def _wrapped_paragraph(paragraph: str) -> str:
    """Most paragraphs are every reader's."""
    return "\n".join(map(_wrapped_line, paragraph.splitlines()))


def _wrapped_line(line: str) -> str:
    """Fold a long line under its label: a bullet, a number, or a word with two spaces after it."""
    label = _LABEL.match(line)
    hang = " " * len(label[0]) if label else ""
    first, *words = line[len(hang) :].split(" ")
    if "\t" not in line and first and "" not in words and len(hang) + len(first) <= _TEXT_WIDTH:
        return "\n".join(prose.filled([line[: len(hang)] + first, *words], _TEXT_WIDTH, hang))
    return textwrap.fill(
        line, _TEXT_WIDTH, subsequent_indent=hang, break_long_words=False, break_on_hyphens=False
    ).rstrip()
