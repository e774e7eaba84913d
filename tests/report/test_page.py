"""The summary as a page of its own."""

from dataclasses import replace

from report.page import summary_html
from tests.report import samples
from tests.report.markup import Markup


def test_the_page_stands_alone() -> None:
    html = summary_html(samples.STANDING)
    markup = Markup(html)
    assert markup.faults == []
    assert "<title>Strategic Plan update 4</title>" in html
    assert "13 actions: 2 Red" in markup.text
    assert "Planning team" in markup.text
    assert summary_html(samples.STANDING) == html


def test_a_draft_says_so() -> None:
    html = summary_html(replace(samples.STANDING, draft=True, phone=""))
    assert "<title>DRAFT: Strategic Plan update 4</title>" in html
    assert "This is a draft" in html
