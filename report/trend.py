"""How the ratings went from cycle to cycle: a table and a chart at the foot of the summary."""

import math

from programme.form import Form
from report.book import Page
from report.looks import COUNT, HEADER, HEADER_CENTRED, HEADING, MIDDLE, STRONG_MIDDLE, Box
from report.summary import Summary, Tally, counts_of

_FONT = {"name": "Arial", "size": 9}
_HEIGHT = 260
_ROW = 15.0
_PIXELS_A_POINT = 4 / 3
_LEAD = 3


def write_trend(page: Page, form: Form, summary: Summary) -> None:
    """Write the table, this cycle last, and under it a column for each cycle. The chart reads the table."""
    page.gap()
    page.wide("The trend over the cycles", HEADING)
    titles = [Box(one.word, HEADER_CENTRED) for one in summary.tallies]
    page.line([Box("Cycle", HEADER, _LEAD), *titles, Box("All", HEADER_CENTRED)])
    header = page.row - 1
    for one in summary.trend:
        counts = counts_of(form, one)
        look = STRONG_MIDDLE if one is summary.trend[-1] else MIDDLE
        page.line([Box(one.cycle, look, _LEAD), *(Box(count, COUNT) for count in counts), Box(sum(counts), COUNT)])
    page.gap()
    _chart(page, summary, header)


def series_colours(one: Tally) -> dict[str, object]:
    """The colours of one rating or status in a chart: a status is white with a dashed border."""
    fill = one.rating.fill if one.rating else "#FFFFFF"
    ink = one.rating.ink if one.rating else "#1B1B1B"
    border = {"color": "#44494D", "dash_type": "dash", "width": 0.75} if not one.rating else {"color": "#FFFFFF"}
    labels = {"value": True, "num_format": "0;;", "font": _FONT | {"bold": True, "color": ink}}
    return {"fill": {"color": fill}, "border": border, "data_labels": labels}


def _chart(page: Page, summary: Summary, header: int) -> None:
    rows = (header + 1, header + len(summary.trend))
    chart = page.book.workbook.add_chart({"type": "column", "subtype": "stacked"})
    for column, one in enumerate(summary.tallies, start=_LEAD):
        chart.add_series(
            {
                "name": [page.name, header, column],
                "categories": [page.name, rows[0], 0, rows[1], 0],
                "values": [page.name, rows[0], column, rows[1], column],
                "gap": 60,
                **series_colours(one),
            }
        )
    chart.set_title({"name": "Actions by rating, cycle by cycle", "name_font": _FONT | {"size": 11, "bold": True}})
    chart.set_x_axis({"num_font": _FONT})
    chart.set_y_axis({"visible": False, "major_gridlines": {"visible": False}})
    chart.set_legend({"position": "right", "font": _FONT})
    chart.set_size({"width": int(7 * sum(page.widths)) - 24, "height": _HEIGHT})
    description = "A column for each cycle with its actions by rating; the same numbers are in the table above."
    page.sheet.insert_chart(page.row, 0, chart, {"x_offset": 4, "y_offset": 2, "description": description})
    for _ in range(math.ceil(_HEIGHT / _PIXELS_A_POINT / _ROW) + 1):
        page.line([], at_least=_ROW)
