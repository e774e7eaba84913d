"""Builds workbooks that are broken or hostile, the same bytes every time, each with what its sender is told."""

import struct
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from io import BytesIO
from zipfile import ZIP_BZIP2, ZIP_DEFLATED, ZipFile, ZipInfo

MAIN = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
STRICT = "http://purl.oclc.org/ooxml/spreadsheetml/main"
RELATIONS = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
STRICT_RELATIONS = "http://purl.oclc.org/ooxml/officeDocument/relationships"
PACKAGE = "http://schemas.openxmlformats.org/package/2006"
WORKBOOK_TYPE = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet.main+xml"
SHEET = "xl/worksheets/sheet1.xml"
DECLARATION = '<?xml version="1.0" encoding="UTF-8"?>'

Parts = dict[str, bytes]


def types(workbook: str = WORKBOOK_TYPE, more: str = "") -> bytes:
    return (
        f'{DECLARATION}<Types xmlns="{PACKAGE}/content-types"><Default Extension="xml" ContentType="application/xml"/>'
        f'<Override PartName="/xl/workbook.xml" ContentType="{workbook}"/>{more}</Types>'
    ).encode()


def relations(*targets: tuple[str, str, str], mode: str = "", base: str = RELATIONS) -> bytes:
    inner = "".join(
        f'<Relationship Id="{key}" Type="{base}/{kind}" Target="{target}"{mode}/>' for key, kind, target in targets
    )
    return f'{DECLARATION}<Relationships xmlns="{PACKAGE}/relationships">{inner}</Relationships>'.encode()


def book(sheets: str = '<sheet name="Actions" sheetId="1" r:id="r1"/>', more: str = "", main: str = MAIN) -> bytes:
    relation = RELATIONS if main == MAIN else STRICT_RELATIONS
    return (
        f'{DECLARATION}<workbook xmlns="{main}" xmlns:r="{relation}">{more}<sheets>{sheets}</sheets></workbook>'
    ).encode()


def sheet(rows: str, more: str = "", main: str = MAIN) -> bytes:
    return f'{DECLARATION}<worksheet xmlns="{main}"><sheetData>{rows}</sheetData>{more}</worksheet>'.encode()


HELLO = '<row r="1"><c r="A1" t="inlineStr"><is><t>hello</t></is></c></row>'


def plain_parts(rows: str = HELLO, more: str = "") -> Parts:
    return {
        "[Content_Types].xml": types(),
        "_rels/.rels": relations(("r1", "officeDocument", "xl/workbook.xml")),
        "xl/workbook.xml": book(),
        "xl/_rels/workbook.xml.rels": relations(
            ("r1", "worksheet", "worksheets/sheet1.xml"),
            ("r2", "sharedStrings", "sharedStrings.xml"),
            ("r3", "styles", "styles.xml"),
        ),
        SHEET: sheet(rows, more),
    }


def zipped(parts: Mapping[str, bytes], method: int = ZIP_DEFLATED) -> bytes:
    target = BytesIO()
    with ZipFile(target, "w") as archive:
        for name, content in parts.items():
            member = ZipInfo(name, (1980, 1, 1, 0, 0, 0))
            member.compress_type = method
            archive.writestr(member, content)
    return target.getvalue()


def with_part(name: str, content: bytes) -> Callable[[], bytes]:
    return lambda: zipped(plain_parts() | {name: content})


def with_rows(rows: str, more: str = "") -> Callable[[], bytes]:
    return lambda: zipped(plain_parts(rows, more))


def ole(stream: str) -> bytes:
    return b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\0" * 504 + stream.encode("utf-16-le").ljust(512, b"\0")


def twice_named() -> bytes:
    return zipped(plain_parts() | {"XL/Worksheets/SHEET1.xml": b"<x/>"})


def encrypted() -> bytes:
    data = bytearray(zipped(plain_parts()))
    data[data.index(b"PK\x01\x02") + 8] |= 1
    return bytes(data)


def overlapping() -> bytes:
    """The second entry of the directory points at the first one's bytes."""
    data = bytearray(zipped(plain_parts()))
    first = data.index(b"PK\x01\x02")
    second = data.index(b"PK\x01\x02", first + 4)
    data[second + 42 : second + 46] = data[first + 42 : first + 46]
    return bytes(data)


def truncated() -> bytes:
    whole = zipped(plain_parts())
    return whole[: len(whole) // 2]


def corrupt() -> bytes:
    """The bytes of the sheet are not what its checksum says."""
    data = bytearray(zipped(plain_parts(), method=0))
    data[data.index(b"hello")] = ord("j")
    return bytes(data)


def lying_size() -> bytes:
    """The directory says that the sheet is a few bytes long; it unpacks to 70 million."""
    parts = plain_parts() | {"docProps/app.xml": b"<a>" + b" " * 70_000_000 + b"</a>"}
    data = bytearray(zipped(parts))
    entry = data.rindex(b"PK\x01\x02")
    data[entry + 24 : entry + 28] = struct.pack("<I", 1000)
    return bytes(data)


def quoted_laughs() -> bytes:
    entities = "".join(f'<!ENTITY l{n} "{f"&l{n - 1};" * 10 if n else "ha"}">' for n in range(10))
    return f'{DECLARATION}<!DOCTYPE x [{entities}]><worksheet xmlns="{MAIN}">&l9;</worksheet>'.encode()


def nested(depth: int) -> bytes:
    return f"{DECLARATION}{'<a>' * depth}{'</a>' * depth}".encode()


def many_cells(count: int) -> str:
    numbers = iter(range(count))
    return "".join(
        f"<row>{''.join(f'<c><v>{next(numbers) * 7919 % 100_003}</v></c>' for _ in range(50))}</row>"
        for _ in range(count // 50)
    )


def many_rows() -> bytes:
    """A million formatted empty rows around one filled cell, as when a whole sheet was selected and given a border."""
    rows = HELLO + "".join(f'<row r="{number}" s="1"/>' for number in range(2, 1_000_001))
    return zipped(plain_parts(rows))


@dataclass(frozen=True, slots=True)
class Broken:
    """``code`` and ``sentence`` are what reading it must raise."""

    name: str
    build: Callable[[], bytes]
    code: str
    sentence: str


SAVE_AS = "Please open the form in Excel, choose Save As, Excel Workbook (.xlsx), and send that."
FILL_IN = "Please fill in the Excel form itself (.xlsx) and send that."
NO_CELL = "it names a cell that no sheet has"
TOO_FAR = "it unpacks to far more than a form can hold"
OUTSIDE = "a part inside it has a name that points outside the file"
DOCTYPE = "a part inside it declares a document type, which Excel never writes"
DEEP = "a part inside it is nested or described beyond what Excel writes"
AREA = "it merges or links more cells than a form has"
PROTECTED = (
    "This workbook is protected with a password or by rights management, so we cannot open it. "
    "Please remove the protection in Excel (File, Info, Protect Workbook), save it and send it again."
)


def unsafe(name: str, build: Callable[[], bytes], what: str) -> Broken:
    return Broken(name, build, "unsafe", f"We did not open this workbook: {what}. {SAVE_AS}")


def kind(name: str, data: bytes, code: str, sentence: str) -> Broken:
    return Broken(name, lambda: data, code, sentence)


def damaged(name: str, build: Callable[[], bytes]) -> Broken:
    return Broken(name, build, "damaged", f"This workbook is damaged or incomplete. {SAVE_AS}")


def missing(name: str, build: Callable[[], bytes]) -> Broken:
    return Broken(name, build, "missing sheet", f'The sheet "Actions" is not inside this workbook. {SAVE_AS}')


OTHER_FILES = (
    kind(
        "empty",
        b"",
        "empty",
        "The file is empty. Please attach the form again and check that it opens before you send it.",
    ),
    Broken(
        "too large",
        lambda: b"PK\x03\x04" + bytes(10 * 1024 * 1024),
        "too large",
        "The file is larger than 10 MB. Please send only the form, without pictures or other sheets.",
    ),
    kind("pdf", b"%PDF-1.7\n%\xe2\xe3", "PDF", f"This is a PDF. {SAVE_AS}"),
    kind("png", b"\x89PNG\r\n\x1a\n\0\0", "picture", f"This is a picture. {FILL_IN}"),
    kind("jpeg", b"\xff\xd8\xff\xe0\0\x10JFIF", "picture", f"This is a picture. {FILL_IN}"),
    kind("heic", b"\0\0\0\x18ftypheic\0\0\0\0", "picture", f"This is a picture. {FILL_IN}"),
    kind("webp", b"RIFF\0\0\0\0WEBPVP8 ", "picture", f"This is a picture. {FILL_IN}"),
    kind("html", b"<!DOCTYPE html><html><body><table>", "web page", f"This is a web page. {SAVE_AS}"),
    kind("mhtml", b"MIME-Version: 1.0\r\nX-Document-Type: Workbook", "web page", f"This is a web page. {SAVE_AS}"),
    kind(
        "xml 2003",
        b'<?xml version="1.0"?><?mso-application progid="Excel.Sheet"?><Workbook/>',
        "XML spreadsheet",
        f"This is an XML file, not an Excel workbook. {SAVE_AS}",
    ),
    kind(
        "csv",
        b"Ref,Rating,Progress\n3.1,Green,Done\n",
        "CSV",
        f"This is a CSV file, in which dates and rows can no longer be told for certain. {SAVE_AS}",
    ),
    kind(
        "unicode text",
        "Ref\tRating\n3.1\tGreen".encode("utf-16"),
        "CSV",
        f"This is a CSV file, in which dates and rows can no longer be told for certain. {SAVE_AS}",
    ),
    kind(
        "note",
        "All green, £5 saved".encode("cp1252"),
        "CSV",
        f"This is a CSV file, in which dates and rows can no longer be told for certain. {SAVE_AS}",
    ),
    kind("text", b"All my actions are green this time.", "text", f"This is a text file. {FILL_IN}"),
    kind("rtf", b"{\\rtf1 Green}", "rich text", f"This is a rich text document. {FILL_IN}"),
    kind(
        "link",
        b"https://example.sharepoint.com/:x:/r/sites/plan",
        "link",
        "This is a link to a file, not the file. Please attach the form itself (.xlsx) and send that.",
    ),
    kind("noise", bytes(range(1, 200)), "unknown", f"We could not recognise this file. {SAVE_AS}"),
    kind("xls", ole("Workbook"), "old Excel", f"This is an old Excel file (.xls). {SAVE_AS}"),
    kind("encrypted ole", ole("EncryptedPackage"), "password", PROTECTED),
    kind("doc", ole("WordDocument"), "Word", f"This is a Word document. {FILL_IN}"),
    kind("other ole", ole("Contents"), "Office", f"This is an old Office file that we cannot read. {SAVE_AS}"),
    kind(
        "ods",
        zipped({"mimetype": b"application/vnd.oasis.opendocument.spreadsheet", "META-INF/manifest.xml": b"<x/>"}),
        "OpenDocument",
        f"This is an OpenDocument file (.ods). {SAVE_AS}",
    ),
    kind(
        "numbers",
        zipped({"Index/Document.iwa": b"x"}),
        "Numbers",
        "This is a Numbers file. Please open it in Numbers, choose Export To, Excel (.xlsx), and send that.",
    ),
    kind(
        "docx",
        zipped({"[Content_Types].xml": b"x", "word/document.xml": b"x"}),
        "Word",
        f"This is a Word document. {FILL_IN}",
    ),
    kind(
        "xlsb",
        zipped({"[Content_Types].xml": b"x", "xl/workbook.bin": b"x"}),
        "binary workbook",
        f"This is a binary Excel workbook (.xlsb). {SAVE_AS}",
    ),
    kind(
        "zip of a form",
        zipped({"form.xlsx": b"x"}),
        "archive",
        "This is a compressed archive. Please take the form out of it and attach the .xlsx file itself.",
    ),
)

MACROS = f"This workbook contains macros, which we do not open. {SAVE_AS}"
BROKEN_BOOKS = (
    damaged("truncated", truncated),
    damaged("no directory", lambda: b"PK\x03\x04nothing"),
    damaged("checksum", corrupt),
    damaged("size in the directory is a lie", lying_size),
    damaged("no workbook", lambda: zipped({k: v for k, v in plain_parts().items() if k != "xl/workbook.xml"})),
    damaged("no relations", lambda: zipped({k: v for k, v in plain_parts().items() if not k.endswith(".rels")})),
    damaged("xml cut off", with_part(SHEET, b"<worksheet><sheetData>")),
    damaged("undeclared prefix", with_part("docProps/app.xml", b"<p:x/>")),
    Broken("encryption bit", encrypted, "password", PROTECTED),
    unsafe("overlapping spans", overlapping, "parts inside it overlap"),
    unsafe("zip bomb", with_part("xl/media/x.bin", bytes(30_000_000)), TOO_FAR),
    unsafe("path traversal", with_part("../../etc/passwd", b"x"), OUTSIDE),
    unsafe("absolute name", with_part("/etc/passwd", b"x"), OUTSIDE),
    unsafe("drive name", with_part("C:\\x", b"x"), OUTSIDE),
    unsafe("duplicate names", twice_named, "two parts inside it have the same name"),
    unsafe("bzip2", lambda: zipped(plain_parts(), ZIP_BZIP2), "it is compressed in a way that Excel does not use"),
    unsafe(
        "many parts",
        lambda: zipped(plain_parts() | {f"x/{n}.txt": b"" for n in range(1000)}),
        "it has 1,005 parts, and a form has at most 1,000",
    ),
    unsafe("billion laughs", with_part(SHEET, quoted_laughs()), DOCTYPE),
    unsafe("doctype elsewhere", with_part("docProps/custom.xml", b"<!DOCTYPE x SYSTEM 'http://x/'><x/>"), DOCTYPE),
    unsafe("deep", with_part("docProps/app.xml", nested(65)), DEEP),
    unsafe(
        "many attributes",
        with_part("docProps/app.xml", f"<a {' '.join(f'a{n}=' + repr('1') for n in range(201))}/>".encode()),
        DEEP,
    ),
    unsafe(
        "encoding",
        with_part("docProps/app.xml", b'<?xml version="1.0" encoding="utf-7"?><a/>'),
        "a part inside it is written in an encoding that Excel does not use",
    ),
    unsafe("row two thousand million", with_rows('<row r="2000000000"/>'), "it names a row that no sheet has"),
    unsafe("row zero", with_rows('<row r="0"/>'), "it names a row that no sheet has"),
    unsafe("cell below the last row", with_rows('<row r="1"><c r="A1048577"><v>1</v></c></row>'), NO_CELL),
    unsafe("cell right of the last column", with_rows('<row r="1"><c r="XFE1"><v>1</v></c></row>'), NO_CELL),
    unsafe("cell without a row", with_rows('<row r="1"><c r="A"><v>1</v></c></row>'), NO_CELL),
    unsafe(
        "merge of the whole sheet", with_rows(HELLO, '<mergeCells><mergeCell ref="A1:XFD1048576"/></mergeCells>'), AREA
    ),
    unsafe(
        "hyperlink over the whole sheet", with_rows(HELLO, '<hyperlinks><hyperlink ref="A1:XFD9"/></hyperlinks>'), AREA
    ),
    unsafe("many merges", with_rows(HELLO, "<mergeCells>" + '<mergeCell ref="A1:B2"/>' * 2001 + "</mergeCells>"), AREA),
    unsafe("many cells", with_rows(many_cells(300_050)), "it holds more than 300,000 filled cells"),
    unsafe(
        "many strings",
        with_part("xl/sharedStrings.xml", f'<sst xmlns="{MAIN}">{"<si/>" * 200_001}</sst>'.encode()),
        "it holds more than 200,000 different texts",
    ),
    unsafe(
        "many sheets",
        with_part("xl/workbook.xml", book("".join(f'<sheet name="s{n}" r:id="r1"/>' for n in range(51)))),
        "it has 51 sheets, and a form has a handful",
    ),
    unsafe(
        "two sheets of one name",
        with_part("xl/workbook.xml", book('<sheet name="A" r:id="r1"/><sheet name="a" r:id="r1"/>')),
        "two of its sheets have the same name",
    ),
    Broken("vba", with_part("xl/vbaProject.bin", b"x"), "macros", MACROS),
    Broken("macro sheet", with_part("xl/macrosheets/sheet1.xml", b"<x/>"), "macros", MACROS),
    Broken(
        "macro content type",
        with_part("[Content_Types].xml", types("application/vnd.ms-excel.sheet.macroEnabled.main+xml")),
        "macros",
        MACROS,
    ),
    Broken(
        "template",
        with_part("[Content_Types].xml", types(WORKBOOK_TYPE.replace("sheet.main", "template.main"))),
        "not a workbook",
        f"This is not an ordinary Excel workbook. {SAVE_AS}",
    ),
    Broken("no sheets", with_part("xl/workbook.xml", book("")), "no sheets", f"This workbook has no sheets. {SAVE_AS}"),
    missing(
        "sheet without a part", with_part("xl/_rels/workbook.xml.rels", relations(("r1", "worksheet", "gone.xml")))
    ),
    missing(
        "sheet without a relation", with_part("xl/_rels/workbook.xml.rels", relations(("r9", "worksheet", "x.xml")))
    ),
    missing(
        "sheet elsewhere",
        with_part(
            "xl/_rels/workbook.xml.rels",
            relations(("r1", "worksheet", "http://example.org/sheet1.xml"), mode=' TargetMode="External"'),
        ),
    ),
)
ALL_BROKEN = OTHER_FILES + BROKEN_BOOKS


def memory_bomb() -> bytes:
    """Within every limit on paper, and beyond the child's memory: one wide text of sixty million characters."""
    text = "\U0001f600" + "".join(f"All of it is on track and well on the way, week {n}. " for n in range(1_150_000))
    rows = f'<row><c t="inlineStr"><is><t>{text}</t></is></c></row>'
    return zipped(plain_parts(rows))
