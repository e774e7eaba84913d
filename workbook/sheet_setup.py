"""What the sheets of a form share: dropdowns, date checks, protection and paper."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from workbook.cleaning import writable
from workbook.contents import FormContents

if TYPE_CHECKING:
    from openpyxl.worksheet.worksheet import Worksheet

_LONGEST_LIST = 255


def add_choices(sheet: Worksheet, cells: str, choices: tuple[str, ...]) -> None:
    """A dropdown. Words that a list inside the sheet cannot hold (commas, over 255 characters) get none."""
    from openpyxl.worksheet.datavalidation import DataValidation

    listed = ",".join(choices)
    if not choices or len(listed) > _LONGEST_LIST or any("," in choice or '"' in choice for choice in choices):
        return
    rule = DataValidation(type="list", formula1=f'"{listed}"', allow_blank=True, showErrorMessage=True)
    rule.errorTitle = "Please choose from the list"
    rule.error = f"Please choose {either(choices)}."[:_LONGEST_LIST]
    rule.add(cells)
    sheet.add_data_validation(rule)


def add_dates(sheet: Worksheet, cells: str) -> None:
    """Only a date is taken; 36526 is 1 January 2000."""
    from openpyxl.worksheet.datavalidation import DataValidation

    rule = DataValidation(type="date", operator="greaterThanOrEqual", formula1="36526", allow_blank=True)
    rule.showErrorMessage = True
    rule.errorTitle = "Please type a date"
    rule.error = "Please type a date, such as 30/06/2020."
    rule.add(cells)
    sheet.add_data_validation(rule)


def either(choices: tuple[str, ...]) -> str:
    """``Red, Amber or Green``."""
    return " or ".join(part for part in (", ".join(choices[:-1]), choices[-1]) if part)


def protect(sheet: Worksheet) -> None:
    """Keep locked cells from slips of the hand: no password, and what does no harm stays allowed."""
    protection = sheet.protection
    protection.sheet = True
    protection.formatColumns = protection.formatRows = protection.formatCells = False
    protection.sort = protection.autoFilter = False


def paper(sheet: Worksheet, contents: FormContents, header_row: int | None) -> None:
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
    footer.left.text = writable(f"{contents.plan_label} · {contents.cycle}").replace("&", "&&")
    footer.right.text = "Page &P of &N"
    footer.left.size = footer.right.size = 9
