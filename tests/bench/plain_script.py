"""What somebody writes with openpyxl and email in an afternoon: the measure to stand beside.

It makes workbooks that look like ours to a sponsor and joins what comes back. It remembers nothing, checks nothing,
and is not asked to survive anything.

Usage: python -m tests.bench.plain_script issue|collate FOLDER PLANS
"""

import sys
from email import message_from_bytes, policy
from email.message import EmailMessage
from io import BytesIO
from pathlib import Path

from openpyxl import Workbook, load_workbook
from openpyxl.formatting.rule import CellIsRule
from openpyxl.styles import Alignment, Border, Font, PatternFill, Protection, Side
from openpyxl.worksheet.datavalidation import DataValidation
from openpyxl.worksheet.worksheet import Worksheet

from tests.bench.made import DEADLINE, OURS, XLSX, Action, actions, address, answers, plan_label

LOCKED = ("Ref", "Deliverable", "Due", "Last rating", "Last progress")
ANSWERED = (
    *("Rating", "Progress", "Reason and recovery", "Back to Green by", "Latest figure and its date"),
    *("Forecast", "Proposed new date", "Escalate to", "Updated by"),
)
REFERENCE = ("Lead", "Start", "Revised due", "Measure", "National outcomes")
HEADERS = (*LOCKED, *ANSWERED, *REFERENCE)
WIDTHS = (8, 40, 12, 12, 30, 12, 40, 36, 14, 22, 16, 14, 20, 18, 24, 12, 12, 30, 12)
FIRST = 5
COLOURS = {
    "Red": ("9B0F0F", "FFFFFF"),
    "Amber": ("FFB81C", "000000"),
    "Green": ("00857D", "FFFFFF"),
    "Blue": ("12436D", "FFFFFF"),
}

HEAD = PatternFill("solid", fgColor="12436D")
CREAM = PatternFill("solid", fgColor="FFF8DC")
LINE = Side(style="thin", color="C3CBD3")
BOX = Border(left=LINE, right=LINE, top=LINE, bottom=LINE)
WRAP = Alignment(wrap_text=True, vertical="top")


def issue(folder: Path, plans: int) -> None:
    """A message with a workbook for every sponsor."""
    for plan in range(1, plans + 1):
        message = EmailMessage()
        message["From"], message["To"] = OURS, address(plan)
        message["Subject"] = f"{plan_label(plan)}: your return is due by {DEADLINE:%d %B %Y}"
        listed = "\n".join(f"{it.ref}  {it.deliverable}" for it in actions(plan))
        message.set_content(f"Hello\n\nPlease fill in the attached workbook and reply.\n\n{listed}\n")
        rows = "".join(f"<tr><td>{it.ref}</td><td>{it.deliverable}</td></tr>" for it in actions(plan))
        message.add_alternative(f"<p>Please fill in the attached workbook.</p><table>{rows}</table>", subtype="html")
        name = f"{plan_label(plan)}.xlsx"
        message.add_attachment(plan_workbook(plan), maintype=XLSX[0], subtype=XLSX[1], filename=name)
        (folder / "Sent" / f"{plan}.eml").write_bytes(message.as_bytes())


def plan_workbook(plan: int) -> bytes:
    """A form with what a sponsor expects of one: dropdowns, colours, protection, and a page that prints."""
    workbook = Workbook()
    sheet = workbook.worksheets[0]
    sheet.title = "Actions"
    sheet["A1"], sheet["A2"] = f"{plan_label(plan)}: services of plan {plan}", f"Please return by {DEADLINE:%d %B %Y}"
    sheet["A1"].font, sheet["A2"].font = Font(name="Calibri", size=16, bold=True), Font(name="Calibri", size=13)
    _headers(sheet)
    for number, action in enumerate(actions(plan), start=FIRST):
        _row(sheet, number, action)
    _rules(sheet, FIRST + len(actions(plan)) - 1)
    return _saved(workbook)


def collate(folder: Path, plans: int) -> None:
    """Every returned workbook into one, with the counts on a first sheet, sent to everybody."""
    compiled = Workbook()
    summary, sheet = compiled.worksheets[0], compiled.create_sheet("All actions")
    summary.title = "Summary"
    sheet.append(("Plan", *HEADERS))
    counts = dict.fromkeys(COLOURS, 0)
    for path in sorted((folder / "Inbox").glob("*.eml")):
        message = message_from_bytes(path.read_bytes(), policy=policy.default)
        for attachment in message.iter_attachments():
            workbook = load_workbook(BytesIO(attachment.get_content()))
            for values in workbook["Actions"].iter_rows(min_row=FIRST, values_only=True):
                sheet.append((path.stem, *values))
                counts[str(values[HEADERS.index("Rating")])] += 1
    _finish(sheet)
    for word, count in counts.items():
        summary.append((word, count))
        summary.cell(summary.max_row, 1).fill = PatternFill("solid", fgColor=COLOURS[word][0])
    papers = _saved(compiled)
    for reader in ("chair@hscp.example", *map(address, range(1, plans + 1))):
        message = EmailMessage()
        message["From"], message["To"], message["Subject"] = OURS, reader, "Papers for the SPG"
        message.set_content("Hello\n\n" + "\n".join(f"{word}: {count}" for word, count in counts.items()) + "\n")
        message.add_attachment(papers, maintype=XLSX[0], subtype=XLSX[1], filename="Papers.xlsx")
        (folder / "Sent" / f"papers to {reader}.eml").write_bytes(message.as_bytes())


def plain_filled(workbook: bytes, plan: int) -> bytes:
    """The same workbook with the sponsor's answers in it. Not measured: it is what sponsors do."""
    opened = load_workbook(BytesIO(workbook))
    sheet = opened["Actions"]
    headers = {"rating": "Rating", "progress": "Progress", "reason": "Reason and recovery"}
    for number, said in enumerate(answers(plan).values(), start=FIRST):
        for column_id, value in said.items():
            column = 1 + HEADERS.index(headers.get(column_id, "Back to Green by"))
            sheet.cell(number, column, value.capitalize() if column_id == "rating" else value)
    return _saved(opened)


def _headers(sheet: Worksheet) -> None:
    for column, (header, width) in enumerate(zip(HEADERS, WIDTHS, strict=True), start=1):
        cell = sheet.cell(FIRST - 1, column, header)
        cell.fill, cell.border, cell.alignment = HEAD, BOX, WRAP
        cell.font = Font(name="Calibri", bold=True, color="FFFFFF")
        dimension = sheet.column_dimensions[cell.column_letter]
        dimension.width = width
        if header in REFERENCE:
            dimension.outlineLevel, dimension.hidden = 1, True


def _row(sheet: Worksheet, number: int, action: Action) -> None:
    known = {"Ref": action.ref, "Deliverable": action.deliverable, "Due": action.due, "Lead": action.lead}
    known |= {"Measure": action.measure, "Last rating": "not rated yet"}
    for column, header in enumerate(HEADERS, start=1):
        cell = sheet.cell(number, column, known.get(header))
        cell.font, cell.border, cell.alignment = Font(name="Calibri"), BOX, WRAP
        if header in ANSWERED:
            cell.fill, cell.protection = CREAM, Protection(locked=False)
        if header in ("Due", "Back to Green by", "Proposed new date", "Start", "Revised due"):
            cell.number_format = "dd/mm/yyyy"
    sheet.row_dimensions[number].height = 66


def _rules(sheet: Worksheet, last: int) -> None:
    ratings = f"F{FIRST}:F{last}"
    for formula, cells in (
        ('"Red,Amber,Green,Blue"', ratings),
        ('"On time,Late,Not achievable"', f"K{FIRST}:K{last}"),
    ):
        rule = DataValidation(type="list", formula1=formula, allow_blank=True, showErrorMessage=True)
        rule.add(cells)
        sheet.add_data_validation(rule)
    for column in "IL":
        dates = DataValidation(type="date", operator="greaterThanOrEqual", formula1="36526", allow_blank=True)
        dates.add(f"{column}{FIRST}:{column}{last}")
        sheet.add_data_validation(dates)
    for word, (fill, ink) in COLOURS.items():
        look = {"fill": PatternFill("solid", bgColor=fill), "font": Font(bold=True, color=ink)}
        sheet.conditional_formatting.add(ratings, CellIsRule(operator="equal", formula=[f'"{word}"'], **look))
    sheet.freeze_panes = f"C{FIRST}"
    sheet.auto_filter.ref = f"A{FIRST - 1}:S{last}"
    sheet.protection.sheet = True
    sheet.page_setup.orientation, sheet.page_setup.paperSize = "landscape", 9
    sheet.page_setup.fitToWidth, sheet.page_setup.fitToHeight = 1, 0
    sheet.sheet_properties.pageSetUpPr.fitToPage = True  # type: ignore[union-attr]
    sheet.print_title_rows = f"{FIRST - 1}:{FIRST - 1}"


def _finish(sheet: Worksheet) -> None:
    for cell in sheet[1]:
        cell.fill, cell.font = HEAD, Font(name="Calibri", bold=True, color="FFFFFF")
    for line in sheet.iter_rows(min_row=2):
        for cell in line:
            cell.alignment, cell.border = WRAP, BOX
        rating = line[1 + HEADERS.index("Rating")]
        if rating.value in COLOURS:
            fill, ink = COLOURS[str(rating.value)]
            rating.fill, rating.font = PatternFill("solid", fgColor=fill), Font(bold=True, color=ink)
    for column, width in zip(sheet.iter_cols(max_row=1), (12, *WIDTHS), strict=True):
        sheet.column_dimensions[column[0].column_letter].width = width
    sheet.freeze_panes = "C2"
    sheet.auto_filter.ref = sheet.dimensions


def _saved(workbook: Workbook) -> bytes:
    target = BytesIO()
    workbook.save(target)
    return target.getvalue()


if __name__ == "__main__":
    place = Path(sys.argv[2])
    if sys.argv[1] == "issue":
        (place / "Sent").mkdir(parents=True, exist_ok=True)
        issue(place, int(sys.argv[3]))
    else:
        collate(place, int(sys.argv[3]))
