"""What the sheets of a form share: dropdowns, date checks, protection and paper."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from programme.form import Kind
from workbook.cleaning import writable

if TYPE_CHECKING:
    from openpyxl.worksheet.datavalidation import DataValidation
    from openpyxl.worksheet.worksheet import Worksheet

_LONGEST = 255
_FIRST_DAY = "36526"  # 1 January 2000


def add_answers(sheet: Worksheet, cells: str, title: str, hint: str, kind: Kind, choices: tuple[str, ...] = ()) -> None:
    """Say what the cells ask when one is chosen, and take only what they can hold.

    Words that a list inside the sheet cannot hold (commas, over 255 characters in all) get no dropdown.
    """
    from openpyxl.worksheet.datavalidation import DataValidation

    rule = DataValidation(allow_blank=True, showErrorMessage=True, showInputMessage=bool(hint))
    if hint:
        rule.promptTitle, rule.prompt = writable(title)[:32], writable(hint)[:_LONGEST]
    if kind is Kind.DATE:
        _take_dates(rule)
    elif kind is not Kind.TEXT:
        _take_one_of(rule, ("Yes", "No") if kind is Kind.TICK else choices)
    if hint or rule.type:
        rule.add(cells)
        sheet.add_data_validation(rule)


def _take_dates(rule: DataValidation) -> None:
    rule.type, rule.operator, rule.formula1 = "date", "greaterThanOrEqual", _FIRST_DAY
    rule.errorTitle, rule.error = "Please type a date", "Please type a date, such as 30/06/2020."


def _take_one_of(rule: DataValidation, choices: tuple[str, ...]) -> None:
    listed = ",".join(choices)
    if choices and len(listed) <= _LONGEST and not any("," in choice or '"' in choice for choice in choices):
        rule.type, rule.formula1 = "list", f'"{listed}"'
        rule.errorTitle = "Please choose from the list"
        rule.error = f"Please choose {either(choices)}."[:_LONGEST]


def either(choices: tuple[str, ...]) -> str:
    """``Red, Amber or Green``."""
    return " or ".join(part for part in (", ".join(choices[:-1]), choices[-1]) if part)


def protect(sheet: Worksheet) -> None:
    """Keep locked cells from slips of the hand: no password, and what does no harm stays allowed."""
    protection = sheet.protection
    protection.sheet = True
    protection.formatColumns = protection.formatRows = protection.formatCells = False
    protection.sort = protection.autoFilter = False


def paper(sheet: Worksheet, footer_text: str, header_row: int | None) -> None:
    """A4 landscape, as wide as the page, the header repeated, pages numbered."""
    sheet.page_setup.orientation = "landscape"
    sheet.page_setup.paperSize = 9
    sheet.page_setup.fitToWidth, sheet.page_setup.fitToHeight = 1, 0
    sheet.sheet_properties.pageSetUpPr.fitToPage = True  # type: ignore[union-attr]
    if header_row:
        sheet.print_title_rows = f"{header_row}:{header_row}"
    margins = sheet.page_margins
    margins.left = margins.right = 0.4
    margins.top, margins.bottom = 0.45, 0.6
    footer: Any = sheet.oddFooter
    footer.left.text = writable(footer_text).replace("&", "&&")
    footer.right.text = "Page &P of &N"
    footer.left.size = footer.right.size = 9
