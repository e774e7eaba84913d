"""The summary as one HTML file that stands alone."""

from report.standing import Standing
from report.summary import summarise
from report.words import render


def summary_html(standing: Standing) -> str:
    """Page one of the papers as a self-contained HTML page; it fetches nothing. Deterministic."""
    return render("page/summary.html", standing=standing, summary=summarise(standing))
