"""What a file is by its first bytes, and what to ask of whoever sent it."""

from io import BytesIO
from zipfile import BadZipFile, ZipFile

from workbook.contents import UnreadableWorkbookError

MAX_BYTES = 10 * 1024 * 1024

_SAVE_AS = "Please open the form in Excel, choose Save As, Excel Workbook (.xlsx), and send that."
_FILL_IN = "Please fill in the Excel form itself (.xlsx) and send that."
_SENTENCES = {
    "empty": "The file is empty. Please attach the form again and check that it opens before you send it.",
    "too large": "The file is larger than 10 MB. Please send only the form, without pictures or other sheets.",
    "old Excel": f"This is an old Excel file (.xls). {_SAVE_AS}",
    "password": "This workbook is protected with a password or by rights management, so we cannot open it. "
    "Please remove the protection in Excel (File, Info, Protect Workbook), save it and send it again.",
    "Word": f"This is a Word document. {_FILL_IN}",
    "PowerPoint": f"This is a PowerPoint file. {_FILL_IN}",
    "Outlook": "This is a saved Outlook message. Please attach the Excel form itself (.xlsx) and send that.",
    "Office": f"This is an old Office file that we cannot read. {_SAVE_AS}",
    "PDF": f"This is a PDF. {_SAVE_AS}",
    "picture": f"This is a picture. {_FILL_IN}",
    "web page": f"This is a web page. {_SAVE_AS}",
    "XML spreadsheet": f"This is an XML file, not an Excel workbook. {_SAVE_AS}",
    "rich text": f"This is a rich text document. {_FILL_IN}",
    "link": "This is a link to a file, not the file. Please attach the form itself (.xlsx) and send that.",
    "CSV": f"This is a CSV file, in which dates and rows can no longer be told for certain. {_SAVE_AS}",
    "text": f"This is a text file. {_FILL_IN}",
    "OpenDocument": f"This is an OpenDocument file (.ods). {_SAVE_AS}",
    "Numbers": "This is a Numbers file. Please open it in Numbers, choose Export To, Excel (.xlsx), and send that.",
    "binary workbook": f"This is a binary Excel workbook (.xlsb). {_SAVE_AS}",
    "archive": "This is a compressed archive. Please take the form out of it and attach the .xlsx file itself.",
    "unknown": f"We could not recognise this file. {_SAVE_AS}",
    "damaged": f"This workbook is damaged or incomplete. {_SAVE_AS}",
}
_STARTS: tuple[tuple[bytes, str], ...] = (
    (b"\x89PNG", "picture"),
    (b"\xff\xd8\xff", "picture"),
    (b"GIF8", "picture"),
    (b"BM", "picture"),
    (b"II*\x00", "picture"),
    (b"MM\x00*", "picture"),
    (b"{\\rtf", "rich text"),
    (b"[InternetShortcut]", "link"),
    (b"\x09\x08", "old Excel"),
    (b"\x09\x04", "old Excel"),
    (b"\x09\x02", "old Excel"),
    (b"\x1f\x8b", "archive"),
    (b"7z\xbc\xaf", "archive"),
    (b"Rar!", "archive"),
)
_OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
_OLE_STREAMS = (
    ("EncryptedPackage", "password"),
    ("DataSpaces", "password"),
    ("Workbook", "old Excel"),
    ("Book", "old Excel"),
    ("WordDocument", "Word"),
    ("PowerPoint Document", "PowerPoint"),
    ("__substg1.0", "Outlook"),
)
_ZIP_MEMBERS = (
    ("xl/workbook.bin", "binary workbook"),
    ("word/", "Word"),
    ("ppt/", "PowerPoint"),
    ("index/", "Numbers"),
)
_HEIF_BRANDS = (b"heic", b"heix", b"hevc", b"mif1", b"msf1", b"avif")


def refused(code: str) -> UnreadableWorkbookError:
    """The refusal of a kind of file, with its sentence."""
    return UnreadableWorkbookError(code, _SENTENCES[code])


def require_zip(data: bytes) -> None:
    """Gate 1: raise UnreadableWorkbookError, naming what the file is, unless it may be an .xlsx workbook."""
    if not data:
        raise refused("empty")
    if len(data) > MAX_BYTES:
        raise refused("too large")
    if not data.startswith((b"PK\x03\x04", b"PK\x05\x06")):
        raise refused(_named(data))


def kind_of_zip(names: frozenset[str]) -> str | None:
    """What a zip holds, by its members' names in lower case; None when it may be an .xlsx workbook."""
    if "mimetype" in names and "meta-inf/manifest.xml" in names:
        return "OpenDocument"
    for member, kind in _ZIP_MEMBERS:
        if any(name.startswith(member) for name in names):
            return kind
    return None if "[content_types].xml" in names else "archive"


def members(data: bytes) -> ZipFile:
    """The zip, opened in memory; a broken one is refused as damaged."""
    try:
        return ZipFile(BytesIO(data))
    except (BadZipFile, ValueError, NotImplementedError, UnicodeError) as error:
        raise refused("damaged") from error


def _named(data: bytes) -> str:
    for start, kind in _STARTS:
        if data.startswith(start):
            return kind
    if data.startswith(_OLE):
        return _named_ole(data)
    if data[4:8] == b"ftyp" and data[8:12] in _HEIF_BRANDS:
        return "picture"
    if data.startswith(b"RIFF") and data[8:12] == b"WEBP":
        return "picture"
    return "PDF" if b"%PDF-" in data[:1024] else _named_text(data)


def _named_ole(data: bytes) -> str:
    return next((kind for name, kind in _OLE_STREAMS if name.encode("utf-16-le") in data), "Office")


def _named_text(data: bytes) -> str:
    text = _decoded(data[:4096])
    if text is None:
        return "unknown"
    start = text.lstrip().casefold()
    if "excel.sheet" in start and start.startswith("<?xml"):
        return "XML spreadsheet"
    if start.startswith(("<!doctype html", "<html", "mime-version:")) or "<table" in start or "<body" in start:
        return "web page"
    if start.startswith(("http://", "https://")) and len(start.split()) == 1:
        return "link"
    lines = [line for line in text.splitlines() if line.strip()]
    return "CSV" if lines and any(mark in lines[0] for mark in ",;\t") else "text"


def _decoded(data: bytes) -> str | None:
    if data.startswith((b"\xff\xfe", b"\xfe\xff")):
        return data[: len(data) // 2 * 2].decode("utf-16", errors="replace")
    text = data.decode("utf-8-sig", errors="replace")
    if "\ufffd" in text[:-3]:
        text = data.decode("cp1252", errors="replace")
    strange = sum(character < " " and character not in "\t\r\n\f" for character in text)
    return None if strange or "\ufffd" in text[:-3] else text
