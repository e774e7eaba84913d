"""Every broken file gets its own sentence, and the reader goes on."""

from collections.abc import Iterator

import pytest

from tests.data.workbooks.broken import (
    ALL_BROKEN,
    HELLO,
    MAIN,
    SHEET,
    STRICT,
    STRICT_RELATIONS,
    Broken,
    book,
    many_rows,
    plain_parts,
    relations,
    sheet,
    types,
    zipped,
)
from workbook.contents import Cell, Sheets, UnreadableWorkbookError
from workbook.gates import open_package
from workbook.reading import Reader
from workbook.unpacking import unpack


@pytest.fixture(scope="module")
def reader() -> Iterator[Reader]:
    with Reader(wall_seconds=300) as reader:  # the largest take long beside others; the child's own limit is of CPU
        yield reader


def test_there_are_at_least_thirty() -> None:
    assert len(ALL_BROKEN) > 60
    assert len({case.name for case in ALL_BROKEN}) == len(ALL_BROKEN)


@pytest.mark.parametrize("case", ALL_BROKEN, ids=lambda case: case.name)
def test_the_sender_is_told_what_is_wrong(reader: Reader, case: Broken) -> None:
    data = case.build()
    with pytest.raises(UnreadableWorkbookError) as caught:
        reader.read(data)
    assert (caught.value.code, caught.value.sentence) == (case.code, case.sentence)
    assert str(caught.value) == case.sentence
    assert reader.read(zipped(plain_parts())).sheets[0].cells == {(1, 1): Cell("text", "hello")}


QUICK = tuple(case for case in ALL_BROKEN if case.name not in ("many cells", "many strings"))


@pytest.mark.parametrize("case", QUICK, ids=lambda case: case.name)
def test_the_gates_say_the_same_without_a_child(case: Broken) -> None:
    with pytest.raises(UnreadableWorkbookError) as caught:
        unpack(case.build())
    assert caught.value.sentence == case.sentence


def cells(rows: str, **parts: bytes) -> dict[tuple[int, int], Cell]:
    return dict(
        read(plain_parts(rows) | {name.replace("__", "/") + ".xml": data for name, data in parts.items()})
        .sheets[0]
        .cells
    )


def read(parts: dict[str, bytes]) -> Sheets:
    return unpack(zipped(parts))


def cell(inner: str, attributes: str = "", row: int = 1) -> str:
    return f'<row r="{row}"><c r="A{row}" {attributes}>{inner}</c></row>'


@pytest.mark.parametrize(
    ("inner", "attributes", "expected"),
    [
        ("<v>12.50</v>", "", Cell("number", "12.50")),
        ("<v> 7 </v>", 't="n"', Cell("number", "7")),
        ("<v>1</v>", 't="b"', Cell("tick", "TRUE")),
        ("<v>0</v>", 't="b"', Cell("tick", "FALSE")),
        ("<v>#REF!</v>", 't="e"', Cell("error", "#REF!")),
        ("<v>2020-06-30T00:00:00Z</v>", 't="d"', Cell("date", "2020-06-30")),
        ("<v>June</v>", 't="d"', Cell("text", "June")),
        ("<v></v>", 't="d"', None),
        ("<v>not a number</v>", "", Cell("text", "not a number")),
        ("<v>nan</v>", "", Cell("text", "nan")),
        ("<f>1+1</f><v>2</v>", "", Cell("formula", "=1+1")),
        ('<f t="shared" si="0"/><v>2</v>', "", Cell("formula", "=")),
        ("<v>stored</v>", 't="str"', Cell("text", "stored")),
        (
            "<is><r><t>two </t></r><r><t>runs</t></r><rPh><t>kana</t></rPh></is>",
            't="inlineStr"',
            Cell("text", "two runs"),
        ),
        ("<is><t>_x0041_\u202e\u00a0b\u200b_x000D_</t></is>", 't="inlineStr"', Cell("text", "A b")),
        ("<is><t> </t></is>", 't="inlineStr"', None),
        ("<v>9</v>", 't="s"', None),
        ("<v>x</v>", 't="s"', None),
        ("", "", None),
    ],
)
def test_a_cell_is_what_lay_in_the_file(inner: str, attributes: str, expected: Cell | None) -> None:
    assert cells(cell(inner, attributes)).get((1, 1)) == expected


def test_rich_text_is_joined_and_phonetic_guides_are_dropped() -> None:
    strings = (
        f'<sst xmlns="{MAIN}"><si><r><t>Am</t></r><r><t>ber</t></r><rPh><t>x</t></rPh></si><si><t>two</t></si></sst>'
    )
    rows = '<row><c t="s"><v>1</v></c><c t="s"><v>0</v></c></row>'
    assert cells(rows, xl__sharedStrings=strings.encode()) == {
        (1, 1): Cell("text", "two"),
        (1, 2): Cell("text", "Amber"),
    }


STYLES = (
    f'<styleSheet xmlns="{MAIN}"><numFmts><numFmt numFmtId="164" formatCode="[$-809]d\\ mmmm\\ yyyy"/>'
    '<numFmt numFmtId="165" formatCode="0.0%"/><numFmt numFmtId="166" formatCode="0&quot;d&quot;"/></numFmts>'
    '<cellStyleXfs><xf numFmtId="14"/></cellStyleXfs><cellXfs><xf numFmtId="0"/><xf numFmtId="14"/>'
    '<xf numFmtId="164"/><xf numFmtId="9"/><xf numFmtId="165"/><xf numFmtId="166"/></cellXfs></styleSheet>'
).encode()


@pytest.mark.parametrize(
    ("style", "number", "expected"),
    [
        (0, "44012", Cell("number", "44012")),
        (1, "44012", Cell("date", "2020-06-30")),
        (2, "44012.5", Cell("date", "2020-06-30")),
        (1, "5", Cell("number", "5")),
        (1, "1E300", Cell("number", "1E300")),
        (3, "0.85", Cell("text", "85%")),
        (4, "0.125", Cell("text", "12.5%")),
        (5, "44012", Cell("number", "44012")),
        (99, "1", Cell("number", "1")),
    ],
)
def test_a_number_is_read_as_it_was_shown(style: int, number: str, expected: Cell) -> None:
    assert cells(cell(f"<v>{number}</v>", f's="{style}"'), xl__styles=STYLES) == {(1, 1): expected}


def test_a_mac_counts_days_from_1904() -> None:
    parts = plain_parts(cell("<v>42550</v>", 's="1"')) | {
        "xl/styles.xml": STYLES,
        "xl/workbook.xml": book(more='<workbookPr date1904="1"/>'),
    }
    found = read(parts)
    assert found.date1904
    assert found.sheets[0].cells[1, 1] == Cell("date", "2020-06-30")


def test_a_strict_workbook_is_read() -> None:
    parts = plain_parts() | {
        "_rels/.rels": relations(("r1", "officeDocument", "xl/workbook.xml"), base=STRICT_RELATIONS),
        "xl/workbook.xml": book(main=STRICT),
        "xl/_rels/workbook.xml.rels": relations(("r1", "worksheet", "worksheets/sheet1.xml"), base=STRICT_RELATIONS),
        SHEET: sheet(HELLO, main=STRICT),
    }
    assert read(parts).sheets[0].cells == {(1, 1): Cell("text", "hello")}


@pytest.mark.parametrize(
    "target", ["/xl/worksheets/sheet1.xml", "./worksheets/sheet1.xml", "../xl/worksheets/sheet1.xml"]
)
def test_a_target_may_be_absolute_or_roundabout(target: str) -> None:
    parts = plain_parts() | {"xl/_rels/workbook.xml.rels": relations(("r1", "worksheet", target))}
    assert read(parts).sheets[0].cells[1, 1].text == "hello"


def test_a_hidden_sheet_and_a_chart_sheet() -> None:
    sheets = (
        '<sheet name="Actions" r:id="r1"/><sheet name="_x" state="veryHidden" r:id="r1"/><sheet name="c" r:id="r4"/>'
    )
    parts = plain_parts() | {
        "xl/workbook.xml": book(sheets),
        "xl/_rels/workbook.xml.rels": relations(
            ("r1", "worksheet", "worksheets/sheet1.xml"), ("r4", "chartsheet", "c.xml")
        ),
        "xl/c.xml": b"<x/>",
    }
    found = read(parts)
    assert [(it.name, it.hidden) for it in found.sheets] == [("Actions", False), ("_x", True)]
    assert found.flags == ("chart sheets",)


def test_what_points_outside_is_flagged_and_never_followed() -> None:
    extra = {
        "xl/externalLinks/externalLink1.xml": f'<externalLink xmlns="{MAIN}"><ddeLink/></externalLink>'.encode(),
        "xl/connections.xml": b"<x/>",
        "xl/comments1.xml": b"<x/>",
        "xl/embeddings/oleObject1.bin": b"x",
        "xl/media/image1.png": b"bogus",
    }
    flags = read(plain_parts() | extra).flags
    assert set(flags) == {"external links", "DDE links", "data connections", "comments", "embedded objects", "pictures"}


def test_merged_cells_error_cells_and_a_stray_cell_do_no_harm() -> None:
    rows = (
        HELLO + '<row r="2"><c r="A2" t="e"><v>#N/A</v></c></row><row r="1048576"><c r="XFD1048576"><v>1</v></c></row>'
    )
    found = read(plain_parts(rows) | {SHEET: sheet(rows, '<mergeCells><mergeCell ref="A1:C3"/></mergeCells>')})
    assert found.sheets[0].cells == {(1, 1): Cell("text", "hello"), (2, 1): Cell("error", "#N/A")}
    assert found.flags == ('cells beyond 5,000 rows or 60 columns in "Actions"',)


def test_rows_beyond_five_thousand_are_left_and_flagged() -> None:
    found = read(plain_parts("<row><c><v>1</v></c></row>" * 5_001))
    assert len(found.sheets[0].cells) == 5_000
    assert len(found.flags) == 1


def test_a_million_formatted_empty_rows_are_read(reader: Reader) -> None:
    assert reader.read(many_rows()).sheets[0].cells == {(1, 1): Cell("text", "hello")}


def test_a_part_in_utf_16_is_read() -> None:
    text = sheet(HELLO).decode().replace("UTF-8", "UTF-16")
    assert read(plain_parts() | {SHEET: text.encode("utf-16")}).sheets[0].cells[1, 1].text == "hello"


def test_content_types_may_come_from_the_extension() -> None:
    declared = types().replace(
        b'"application/xml"', b'"application/vnd.openxmlformats-officedocument.spreadsheetml.sheet.main+xml"'
    )
    start, end = declared.index(b"<Override"), declared.index(b"</Types>")
    assert read(plain_parts() | {"[Content_Types].xml": declared[:start] + declared[end:]}).sheets


def test_what_comes_out_of_all_parts_is_counted(monkeypatch: pytest.MonkeyPatch) -> None:
    package = open_package(zipped(plain_parts()))
    monkeypatch.setattr("workbook.gates.MAX_TOTAL", 300)
    package.content("xl/workbook.xml")
    with pytest.raises(UnreadableWorkbookError, match="unpacks to far more"):
        package.content("[content_types].xml")


def test_all_parts_together_have_a_limit(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("workbook.gates.MAX_TOTAL", 300)
    with pytest.raises(UnreadableWorkbookError, match="unpacks to far more"):
        unpack(zipped(plain_parts()))


@pytest.mark.parametrize(("at", "byte"), [(0, 0x51), (6, 1)])
def test_a_local_header_that_disagrees_is_damage(at: int, byte: int) -> None:
    data = bytearray(zipped(plain_parts()))
    second = data.index(b"PK\x03\x04", 4)
    data[second + at] = byte
    with pytest.raises(UnreadableWorkbookError, match="damaged"):
        unpack(bytes(data))


def test_a_local_header_outside_the_file_is_damage() -> None:
    data = bytearray(zipped(plain_parts()))
    entry = data.rindex(b"PK\x01\x02")
    data[entry + 42 : entry + 46] = b"\xf0\xff\xff\x7f"
    with pytest.raises(UnreadableWorkbookError, match="damaged"):
        unpack(bytes(data))
