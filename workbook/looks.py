"""How a form looks: the few styles that all its cells share, made once for each workbook."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from openpyxl.styles import Alignment, Font
    from openpyxl.styles.differential import DifferentialStyle
    from openpyxl.workbook.workbook import Workbook

    from programme.form import Form, Rating

FONT = "Calibri"
DATE_FORMAT = "dd/mm/yyyy"

_INK, _QUIET, _LINE = "1F2933", "52606D", "C3CBD3"
_HEADER, _ANSWER_HEADER, _INPUT, _REFERENCE = "52606D", "12436D", "FFF8DC", "F2F4F6"


@dataclass(frozen=True, slots=True)
class Looks:
    """Style numbers by name: title, subtitle, strong, guide, count, header, answer_header, locked, locked_date,
    answer, answer_ref, answer_date, answer_choice, box, done, question, step, and one per rating as ``rating:<id>``."""

    numbers: dict[str, int]

    def __getitem__(self, name: str) -> int:
        return self.numbers[name]


def looks_for(workbook: Workbook, form: Form) -> Looks:
    """Register the styles with the workbook."""
    bold = _font(bold=True)
    specifications: dict[str, dict[str, Any]] = {
        "title": {"font": _font(16, bold=True, color=_ANSWER_HEADER)},
        "subtitle": {"font": _font(color=_QUIET)},
        "strong": {"font": _font(13, bold=True)},
        "guide": {"font": _font(color=_QUIET)},
        "count": {"font": _font(13, bold=True, color=_ANSWER_HEADER)},
        "question": {"font": bold, "alignment": _aligned()},
        "step": {"font": _font(), "alignment": _aligned()},
    }
    specifications |= _grid_specifications(bold) | {f"rating:{it.id}": _rating(it) for it in form.ratings}
    return Looks({name: _number(workbook, specification) for name, specification in specifications.items()})


def rating_style(rating: Rating) -> DifferentialStyle:
    """How a chosen rating is coloured; its word stays."""
    from openpyxl.styles import Font
    from openpyxl.styles.differential import DifferentialStyle

    return DifferentialStyle(font=Font(bold=True, color=_hex(rating.ink)), fill=_solid(_hex(rating.fill), True))


def _grid_specifications(bold: Font) -> dict[str, dict[str, Any]]:
    from openpyxl.styles import Protection

    header = {"font": _font(bold=True, color="FFFFFF"), "alignment": _aligned(middle=True, indent=1), "border": _box()}
    locked = {"font": _font(), "alignment": _aligned(middle=True, indent=1), "border": _box()}
    answer = locked | {"fill": _solid(_INPUT), "protection": Protection(locked=False)}
    choice = answer | {"font": bold, "alignment": _aligned(centre=True)}
    dated = {"number_format": DATE_FORMAT, "alignment": _aligned(centre=True)}
    return {
        "header": header | {"fill": _solid(_HEADER)},
        "answer_header": header | {"fill": _solid(_ANSWER_HEADER)},
        "locked": locked,
        "ref": locked | {"font": bold, "number_format": "@", "alignment": _aligned(centre=True)},
        "locked_date": locked | dated,
        "never": locked | {"font": _font(color=_QUIET), "alignment": _aligned(centre=True)},
        "answer": answer,
        "answer_ref": choice | {"number_format": "@"},
        "box": answer | {"alignment": _aligned(indent=1)},
        "answer_date": answer | dated,
        "answer_choice": choice,
        "done": locked | {"fill": _solid(_REFERENCE)},
        "reference": locked | {"fill": _solid(_REFERENCE)},
        "reference_date": locked | dated | {"fill": _solid(_REFERENCE)},
    }


def _rating(rating: Rating) -> dict[str, Any]:
    font = _font(bold=True, color=_hex(rating.ink))
    return {"font": font, "fill": _solid(_hex(rating.fill)), "alignment": _aligned(centre=True), "border": _box()}


def _number(workbook: Workbook, specification: dict[str, Any]) -> int:
    from openpyxl.cell.cell import Cell

    cell = Cell(workbook.worksheets[0], 1, 1)
    for name, value in specification.items():
        setattr(cell, name, value)
    return cell.style_id


def _font(size: int = 11, *, bold: bool = False, color: str = _INK) -> Font:
    from openpyxl.styles import Font

    return Font(name=FONT, family=2, size=size, bold=bold, color=color)


def _aligned(*, centre: bool = False, middle: bool = False, indent: int = 0) -> Alignment:
    from openpyxl.styles import Alignment

    vertical = "center" if middle or centre else "top"
    return Alignment(wrap_text=True, vertical=vertical, horizontal="center" if centre else "left", indent=indent)


def _solid(colour: str, differential: bool = False) -> Any:
    from openpyxl.styles import PatternFill

    # A conditional format shows its background colour, a cell its foreground colour.
    return PatternFill("solid", bgColor=colour) if differential else PatternFill("solid", fgColor=colour)


def _box() -> Any:
    from openpyxl.styles import Border, Side

    side = Side(style="thin", color=_LINE)
    return Border(left=side, right=side, top=side, bottom=side)


def _hex(colour: str) -> str:
    return colour.removeprefix("#").upper()
