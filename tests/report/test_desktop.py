"""The papers in a real office program and a real browser."""

import subprocess
from pathlib import Path

import pytest

from report.compiled import compiled_workbook
from report.page import summary_html
from report.words import write
from tests.report import highlight_samples, ladder_samples, samples

_CHROMIUM = (
    *("chromium", "--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run"),
    *("--disable-background-networking", "--disable-component-update", "--disable-sync", "--hide-scrollbars"),
)


def _run(*command: str) -> str:
    return subprocess.run(command, check=True, capture_output=True, text=True, timeout=120).stdout


@pytest.mark.desktop
def test_libreoffice_prints_the_papers(tmp_path: Path) -> None:
    book = tmp_path / "papers.xlsx"
    book.write_bytes(compiled_workbook(ladder_samples.YEAR))
    home = f"-env:UserInstallation=file://{tmp_path / 'office'}"
    _run("soffice", "--headless", home, "--convert-to", "pdf", "--outdir", str(tmp_path), str(book))
    text = _run("pdftotext", "-layout", str(tmp_path / "papers.pdf"), "-")
    assert "worst: Red" in text
    assert "Page 1 of " in text
    assert "=cmd|'/c calc'!A1" in text
    assert "Actions by rating, cycle by cycle" in text
    assert "Outcome 5" in text


_PAGES = {
    "page": lambda: summary_html(samples.STANDING),
    "papers": lambda: write(ladder_samples.LETTERS["papers-unrecorded"]).html,
    "highlights": lambda: write(ladder_samples.LETTERS["highlights"]).html,
    "digest": lambda: write(ladder_samples.DIGEST).html,
    "chase": lambda: write(ladder_samples.CHASE).html,
}


@pytest.mark.desktop
@pytest.mark.parametrize("name", _PAGES)
def test_the_page_fits_a_phone(name: str, tmp_path: Path) -> None:
    """The page in a frame 360 pixels wide reports how wide it became."""
    page = _PAGES[name]().replace("&", "&amp;").replace('"', "&quot;")
    frame = tmp_path / "frame.html"
    frame.write_text(
        f'<iframe id="f" srcdoc="{page}" style="width:360px;height:600px;border:0"></iframe><p id="w"></p><script>'
        'f.onload=()=>{w.textContent="wide:"+f.contentDocument.documentElement.scrollWidth}</script>',
        encoding="utf-8",
    )
    profile = f"--user-data-dir={tmp_path / 'profile'}"
    dumped = _run(*_CHROMIUM, profile, "--virtual-time-budget=2000", "--dump-dom", frame.as_uri())
    assert "wide:360" in dumped


@pytest.mark.desktop
def test_libreoffice_prints_the_highlight_reports(tmp_path: Path) -> None:
    book = tmp_path / "papers.xlsx"
    book.write_bytes(compiled_workbook(highlight_samples.STANDING))
    home = f"-env:UserInstallation=file://{tmp_path / 'office'}"
    _run("soffice", "--headless", home, "--convert-to", "pdf", "--outdir", str(tmp_path), str(book))
    text = _run("pdftotext", "-layout", str(tmp_path / "papers.pdf"), "-")
    assert "▼ worse" in text
    assert "By the end of September 2018" in text
    assert "6. Look ahead" in text
