"""What people's mail programs make of a reply: real-looking MIME, the same bytes for the same reply.

Written with the standard library and not with our own composing: a person's mail carries none of our headers.
"""

import base64
import hashlib
import struct
import zlib
from dataclasses import dataclass
from datetime import UTC, datetime
from email.headerregistry import Address
from email.message import MIMEPart
from email.policy import SMTP
from email.utils import format_datetime
from enum import StrEnum
from html import escape

from mail.letter import Attachment, Message
from programme.people import Person

OUTLOOK_RULE = "_" * 32
LOGO = "image001.png"


class Client(StrEnum):
    """The mail program that somebody writes with."""

    OUTLOOK = "Outlook"
    THUNDERBIRD = "Thunderbird"


@dataclass(frozen=True, slots=True)
class Reply:
    """An answer of a person to a message that they, or somebody who forwarded it to them, received.

    ``at`` is local to the writer. ``message_id`` and ``forwarded_as`` carry their angle brackets; the latter is the
    colleague's forward that was really answered, when the original never came to the writer.
    """

    writer: Person
    original: Message
    at: datetime
    message_id: str
    text: str
    files: tuple[Attachment, ...] = ()
    forwarded_as: str | None = None
    client: Client = Client.OUTLOOK
    logo: bool = False


def write(reply: Reply) -> bytes:
    """The reply as its writer's mail program sends it: text, HTML, what it quotes, and the files."""
    body = _words(reply)
    if reply.logo:
        body = _related(body, reply.writer)
    message = _with_files(body, reply.files)
    for name, value in _headers(reply).items():
        message[name] = value
    return _bytes(message, reply.message_id)


def absence(reply: Reply) -> bytes:
    """The automatic reply of an Exchange mailbox: headers as Exchange writes them, and nothing quoted."""
    message = _alternatives(reply.text, _page(_paragraphs(reply.text)))
    headers = _thread(reply) | {
        "MIME-Version": "1.0",
        "Return-Path": "<>",
        "Subject": f"Automatic reply: {reply.original.subject}",
        "Auto-Submitted": "auto-generated",
        "X-Auto-Response-Suppress": "All",
        "X-MS-Exchange-Inbox-Rules-Loop": reply.writer.address,
        "X-MS-Exchange-Parent-Message-Id": reply.original.message_id,
        "X-MS-Exchange-Generated-Message-Source": "Mailbox Rules Agent",
        "X-MS-Has-Attach": "",
        "Thread-Index": _thread_index(reply),
    }
    for name, value in headers.items():
        message[name] = value
    return _bytes(message, reply.message_id)


def bounce(original: Message, recipient: str, at: datetime, about: str) -> bytes:
    """A mail system's report that a message of ours did not reach its recipient, with that message's headers."""
    domain = recipient.rpartition("@")[2]
    said = f"Your message to {recipient} could not be delivered: the mailbox is unknown (550 5.1.1)."
    status = (
        f"Reporting-MTA: dns; mx.{domain}\r\n\r\nFinal-Recipient: rfc822; {recipient}\r\nAction: failed\r\n"
        "Status: 5.1.1\r\nDiagnostic-Code: smtp; 550 5.1.1 mailbox unknown\r\n"
    )
    returned = f"Message-ID: {original.message_id}\r\nSubject: {original.subject}\r\nTo: {recipient}\r\n"
    boundary = hashlib.sha256(about.encode()).hexdigest()[:24]
    parts = (
        ("text/plain; charset=us-ascii", said),
        ("message/delivery-status", status),
        ("text/rfc822-headers", returned),
    )
    body = "".join(f"--{boundary}\r\nContent-Type: {kind}\r\n\r\n{text}\r\n" for kind, text in parts)
    headers = (
        f"Return-Path: <>\r\nFrom: Mail Delivery System <MAILER-DAEMON@mx.{domain}>\r\nTo: {original.sender}\r\n"
        f"Date: {format_datetime(at)}\r\nMessage-ID: {message_id(about, f'daemon@mx.{domain}')}\r\n"
        "Subject: Undelivered Mail Returned to Sender\r\nAuto-Submitted: auto-replied\r\nMIME-Version: 1.0\r\n"
        f'Content-Type: multipart/report; report-type=delivery-status; boundary="{boundary}"\r\n'
    )
    return f"{headers}\r\n{body}--{boundary}--\r\n".encode("ascii", "replace")


def message_id(about: str, address: str) -> str:
    """A Message-ID for what it is about, as the server of the writer's own domain would make it."""
    left = hashlib.sha256(about.encode()).hexdigest()[:32].upper()
    return f"<{left}@{address.rpartition('@')[2]}>"


def pdf(lines: tuple[str, ...]) -> bytes:
    """One A4 page with these lines, as somebody's print-out of a plan; characters outside ASCII are left out."""
    shown = "".join(f"({_pdf_text(line)}) Tj 0 -16 Td " for line in lines)
    content = f"BT /F1 11 Tf 56 780 Td {shown}ET".encode("ascii")
    fonts = b"/Resources << /Font << /F1 5 0 R >> >>"
    objects = (
        b"<< /Type /Catalog /Pages 2 0 R >>",
        b"<< /Type /Pages /Kids [3 0 R] /Count 1 >>",
        b"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 595 842] /Contents 4 0 R %s >>" % fonts,
        b"<< /Length %d >>\nstream\n%s\nendstream" % (len(content), content),
        b"<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica >>",
    )
    return _pdf_file(objects)


def _pdf_text(line: str) -> str:
    plain = line.encode("ascii", "ignore").decode()
    return plain.replace("\\", r"\\").replace("(", r"\(").replace(")", r"\)")


def _pdf_file(objects: tuple[bytes, ...]) -> bytes:
    out, offsets = b"%PDF-1.4\n", []
    for number, content in enumerate(objects, 1):
        offsets.append(len(out))
        out += b"%d 0 obj\n%s\nendobj\n" % (number, content)
    table = b"".join(b"%010d 00000 n \n" % offset for offset in offsets)
    size = len(objects) + 1
    return out + b"xref\n0 %d\n0000000000 65535 f \n%strailer\n<< /Size %d /Root 1 0 R >>\nstartxref\n%d\n%%%%EOF\n" % (
        size,
        table,
        size,
        len(out),
    )


def _words(reply: Reply) -> MIMEPart:
    return _alternatives(reply.text + _quoted_text(reply), _page(_new_html(reply) + _quoted_html(reply)))


def _alternatives(text: str, html: str) -> MIMEPart:
    body = MIMEPart(policy=SMTP)
    body.set_content(text, cte="quoted-printable")
    body.add_alternative(html, subtype="html", cte="quoted-printable")
    return body


def _related(body: MIMEPart, writer: Person) -> MIMEPart:
    related = MIMEPart(policy=SMTP)
    related["Content-Type"] = 'multipart/related; type="multipart/alternative"'
    picture = MIMEPart(policy=SMTP)
    picture.set_content(_logo(), "image", "png", disposition="inline", filename=LOGO, cid=_logo_id(writer))
    related.attach(body)
    related.attach(picture)
    return related


def _with_files(body: MIMEPart, files: tuple[Attachment, ...]) -> MIMEPart:
    message = MIMEPart(policy=SMTP)
    message["MIME-Version"] = "1.0"
    message["Content-Type"] = "multipart/mixed"
    message.attach(body)
    for file in files:
        maintype, _, subtype = file.media_type.partition("/")
        part = MIMEPart(policy=SMTP)
        part.set_content(file.content, maintype, subtype, disposition="attachment", filename=file.name)
        message.attach(part)
    return message


def _headers(reply: Reply) -> dict[str, str | Address]:
    headers = _thread(reply) | {
        "Return-Path": f"<{reply.writer.address}>",
        "Subject": f"RE: {reply.original.subject}",
    }
    if reply.client is Client.THUNDERBIRD:
        return headers | {"User-Agent": "Mozilla Thunderbird", "Content-Language": "en-GB"}
    return headers | {
        "Thread-Topic": reply.original.subject,
        "Thread-Index": _thread_index(reply),
        "Accept-Language": "en-GB, en-US",
        "Content-Language": "en-US",
        "X-MS-Has-Attach": "yes" if reply.files else "",
        "X-MS-TNEF-Correlator": "",
        "X-Originating-IP": "[192.0.2.17]",
    }


def _thread(reply: Reply) -> dict[str, str | Address]:
    chain = [reply.original.message_id, *filter(None, [reply.forwarded_as])]
    return {
        "From": Address(reply.writer.name, addr_spec=reply.writer.address),
        "To": Address(reply.original.sender_name, addr_spec=reply.original.sender),
        "Date": format_datetime(reply.at),
        "Message-ID": reply.message_id,
        "In-Reply-To": chain[-1],
        "References": " ".join(chain),
    }


def _thread_index(reply: Reply) -> str:
    """Outlook's index: the time of the first message, a GUID of the conversation, and a block for the answer."""
    since_1601 = int(reply.at.timestamp() + 11_644_473_600) * 10_000_000
    conversation = hashlib.sha256(reply.original.message_id.encode()).digest()[:16]
    answer = hashlib.sha256(reply.message_id.encode()).digest()[:5]
    return base64.b64encode(struct.pack(">Q", since_1601)[:6] + conversation + answer).decode()


def _quoted_text(reply: Reply) -> str:
    if reply.client is Client.THUNDERBIRD:
        quoted = "\n".join(f"> {line}".rstrip() for line in reply.original.text.splitlines())
        return f"\nOn {_sent(reply, '%d/%m/%Y %H:%M')}, {reply.original.sender_name} wrote:\n{quoted}\n"
    heading = "\n".join(f"{name}: {value}" for name, value in _quoted_headers(reply))
    return f"\n{OUTLOOK_RULE}\n{heading}\n\n{reply.original.text}\n"


def _quoted_headers(reply: Reply) -> tuple[tuple[str, str], ...]:
    original = reply.original
    return (
        ("From", f"{original.sender_name} <{original.sender}>"),
        ("Sent", _sent(reply, "%d %B %Y %H:%M")),
        ("To", "; ".join(original.recipients)),
        ("Subject", original.subject),
    )


def _sent(reply: Reply, how: str) -> str:
    return (reply.original.date or reply.at.astimezone(UTC)).astimezone(reply.at.tzinfo).strftime(how)


def _new_html(reply: Reply) -> str:
    logo = f'<p><img width="96" height="32" src="cid:{_logo_id(reply.writer)[1:-1]}" alt=""></p>' if reply.logo else ""
    return _paragraphs(reply.text) + logo


def _quoted_html(reply: Reply) -> str:
    original = _paragraphs(reply.original.text)
    if reply.client is Client.THUNDERBIRD:
        sender = escape(reply.original.sender_name)
        cite = f'<div class="moz-cite-prefix">On {_sent(reply, "%d/%m/%Y %H:%M")}, {sender} wrote:</div>'
        return f'{cite}<blockquote type="cite">{original}</blockquote>'
    heading = "<br>".join(f"<b>{name}:</b> {escape(value)}" for name, value in _quoted_headers(reply))
    rule = "border:none;border-top:solid #E1E1E1 1.0pt;padding:3.0pt 0cm 0cm 0cm"
    return f'<div style="{rule}"><p class="MsoNormal">{heading}</p></div>{original}'


def _paragraphs(text: str) -> str:
    blocks = (block for block in text.replace("\r\n", "\n").split("\n\n") if block.strip())
    return "".join(
        f'<p class="MsoNormal">{"<br>".join(escape(line) for line in block.strip().split(chr(10)))}</p>\n'
        for block in blocks
    )


def _page(inside: str) -> str:
    return (
        '<html xmlns:o="urn:schemas-microsoft-com:office:office"><head>'
        '<meta http-equiv="Content-Type" content="text/html; charset=utf-8">'
        "<style>p.MsoNormal {margin:0cm 0cm 8pt 0cm;font-size:11.0pt;font-family:Calibri,sans-serif;}</style></head>"
        f'<body lang="EN-GB"><div class="WordSection1">\n{inside}</div></body></html>\n'
    )


def _logo_id(writer: Person) -> str:
    return f"<{LOGO}@{hashlib.sha256(writer.address.encode()).hexdigest()[:16].upper()}>"


def _logo() -> bytes:
    """A plain blue band of 96 by 32 pixels; stored, not compressed, so that every zlib writes the same bytes."""
    header = struct.pack(">IIBBBBB", 96, 32, 1, 3, 0, 0, 0)
    pixels = zlib.compress(bytes(1 + 96 // 8) * 32, 0)
    chunks = (b"IHDR" + header, b"PLTE\x12\x43\x6d\xff\xff\xff", b"IDAT" + pixels, b"IEND")
    framed = (struct.pack(">I", len(chunk) - 4) + chunk + struct.pack(">I", zlib.crc32(chunk)) for chunk in chunks)
    return b"\x89PNG\r\n\x1a\n" + b"".join(framed)


def _bytes(message: MIMEPart, seed: str) -> bytes:
    # A boundary left to the library is a random number.
    unique = hashlib.sha256(seed.encode()).hexdigest()[:24].upper()
    for depth, part in enumerate(part for part in message.walk() if part.is_multipart()):
        part.set_boundary(f"_{depth:03d}_{unique}_")
    return message.as_bytes()
