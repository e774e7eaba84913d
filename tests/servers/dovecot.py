"""A real Dovecot 2.3 for IMAP, submission and delivery, started from a temporary configuration on loopback.

It needs Debian's packages dovecot-imapd, dovecot-lmtpd and dovecot-submissiond, and no system service: as root the
mail belongs to nobody, otherwise to whoever runs the tests.
"""

import imaplib
import os
import pwd
import re
import shutil
import smtplib
import socket
import subprocess
import time
from base64 import b64encode
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from mail.port import Folder
from tests.servers.dovecot_certificate import write_certificate
from tests.servers.smtp import Envelope, SmtpServer

PASSWORD = "pass-wörd “of the tests”"
TOKEN_KEY = b"a key that signs the tests' tokens"
USERS = 400
JUNK = "Junk Room"
STARTS_WITHIN = 20
_TRACE = re.compile(rb"\AReceived: [^\n]*\n(?:[ \t][^\n]*\n)*")

_CONFIGURATION = """
protocols = imap lmtp submission
base_dir = {root}/run
state_dir = {root}/state
log_path = {root}/dovecot.log
listen = 127.0.0.1
{users}
ssl = yes
ssl_cert = <{root}/certificate.pem
ssl_key = <{root}/key.pem
disable_plaintext_auth = no
auth_mechanisms = plain login xoauth2
auth_failure_delay = 0
mail_fsync = never
mail_max_userip_connections = 200
mail_location = maildir:~/Maildir
submission_relay_host = 127.0.0.1
submission_relay_port = {relay}
submission_backend_capabilities = 8BITMIME SIZE
submission_max_mail_size = 60M
submission_max_recipients = 10
hostname = loopback.example

passdb {{
  driver = passwd-file
  mechanisms = plain login
  args = scheme=PLAIN username_format=%u {root}/users
}}
passdb {{
  driver = oauth2
  mechanisms = xoauth2
  args = {root}/tokens.conf
}}
userdb {{
  driver = static
  args = uid={owner} gid={group} home={root}/mail/%u allow_all_users=yes
}}
namespace inbox {{
  inbox = yes
  separator = /
  mailbox Drafts {{
    special_use = \\Drafts
    auto = create
  }}
  mailbox "{junk}" {{
    special_use = \\Junk
    auto = create
  }}
  mailbox "Gesendete Objekte" {{
    special_use = \\Sent
    auto = create
  }}
}}
service imap-login {{
  {chroot}
  service_count = 0
  inet_listener imap {{
    port = {imap}
  }}
  inet_listener imaps {{
    port = {imaps}
    ssl = yes
  }}
}}
service submission-login {{
  {chroot}
  service_count = 0
  inet_listener submission {{
    port = {submission}
  }}
  inet_listener submissions {{
    port = {submissions}
    ssl = yes
  }}
}}
service lmtp {{
  inet_listener lmtp {{
    port = {lmtp}
  }}
}}
service anvil {{
  {chroot}
  # No waiting after a wrong password: the tests come from one address.
  unix_listener anvil-auth-penalty {{
    mode = 0
  }}
}}
service stats {{
  {chroot}
}}
protocol imap {{
  imap_idle_notify_interval = 1 mins
}}
"""
_TOKENS = """introspection_mode = local
local_validation_key_dict = fs:posix:prefix={root}/keys/
username_attribute = sub
"""


@dataclass(frozen=True)
class Ports:
    imap: int
    imaps: int
    submission: int
    submissions: int
    lmtp: int


class Dovecot:
    """The running server. Mail to ``address`` is delivered to ``local``; all other mail goes out into the world."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.ports = Ports(*_free_ports(5))
        self.certificate = root / "certificate.pem"
        self.relay = SmtpServer(self._deliver)
        self.address = ""
        self.local = ""
        self._process: subprocess.Popen[bytes] | None = None
        self._boxes = iter(f"box{number}" for number in range(USERS))

    def new_box(self, address: str) -> str:
        """Take a fresh user's mailbox for this address, and forget what went out before."""
        self.address, self.local = address, next(self._boxes)
        self.relay.accepted.clear()
        self.relay.envelopes.clear()
        self.relay.faults.answers.clear()
        return self.local

    def deliver(self, raw: bytes, at: datetime, folder: Folder = Folder.INBOX) -> str:
        """Put a message into the current mailbox with its time, and return what the adapter calls it."""
        with self._client() as client:
            name = "INBOX" if folder is Folder.INBOX else JUNK
            _, said = client.append(f'"{name}"', "", imaplib.Time2Internaldate(at), raw)
        found = re.search(rb"APPENDUID ([0-9]+) ([0-9]+)", said[0])
        if found is None:
            raise RuntimeError(f"Dovecot did not take the message: {said}")
        return f"{folder}/{int(found[1])}/{int(found[2])}"

    def deliver_by_lmtp(self, sender: str, raw: bytes) -> None:
        """Deliver a message as the mail system does, with its envelope's sender."""
        with smtplib.LMTP("127.0.0.1", self.ports.lmtp) as lmtp:
            lmtp.sendmail(sender, [self.local], raw)

    def flags_in(self, name: str) -> list[tuple[str, ...]]:
        """The flags of every message in a folder; an empty list where there is none."""
        with self._client() as client:
            _, lying = client.select(f'"{name}"', readonly=True)
            lines = client.fetch("1:*", "(FLAGS)")[1] if lying != [b"0"] else []
            flags = (imaplib.ParseFlags(line) for line in lines if isinstance(line, bytes))
            return [tuple(each.decode() for each in found if each != b"\\Recent") for found in flags]

    def subscribed(self) -> set[str]:
        with self._client() as client:
            _, lines = client.lsub()
            return {line.decode().rpartition(" ")[2].strip('"') for line in lines if isinstance(line, bytes)}

    def forget_uids(self) -> None:
        """Lose the list of UIDs and every index, as a restored backup does; the messages stay."""
        for name in ("dovecot-uidlist", "dovecot.index*"):
            for path in self.maildir().glob(name):
                path.unlink()

    def kick(self) -> None:
        """End every session of the current user from the server's side."""
        subprocess.run(["doveadm", "-c", str(self.root / "dovecot.conf"), "kick", self.local], check=True, timeout=20)

    def _client(self) -> imaplib.IMAP4:
        client = imaplib.IMAP4("127.0.0.1", self.ports.imap, timeout=10)
        client.authenticate("PLAIN", lambda _: f"\0{self.local}\0{PASSWORD}".encode())
        return client

    def sent(self) -> list[bytes]:
        """What went out to others, without the trace that the submission server put before it."""
        others = (each for each in self.relay.accepted if set(each.recipients) - {self.address})
        return [_TRACE.sub(b"", each.raw, count=1) for each in others]

    def maildir(self) -> Path:
        return self.root / "mail" / self.local / "Maildir"

    def start(self) -> None:
        """Start it, on other ports where somebody took one of them since they were found free."""
        self.relay.start()
        for more in (True, True, False):
            self._write()
            try:
                self._launch()
                return
            except RuntimeError:
                ended = self._process is not None and self._process.poll() is not None
                if not (more and ended):
                    raise
                self.ports = Ports(*_free_ports(5))

    def _launch(self) -> None:
        with (self.root / "stderr.txt").open("wb") as said:
            self._process = subprocess.Popen(
                ["dovecot", "-F", "-c", str(self.root / "dovecot.conf")], stdout=subprocess.DEVNULL, stderr=said
            )
        self._wait_for(self.ports.imap, b"* OK")
        self._wait_for(self.ports.submission, b"220")
        self._wait_for(self.ports.lmtp, b"220")

    def stop(self) -> None:
        if self._process is not None:
            self._process.terminate()
            self._process.wait(20)
        self.relay.stop()

    def _deliver(self, envelope: Envelope) -> None:
        if self.address in envelope.recipients:
            self.deliver_by_lmtp(envelope.sender, envelope.raw)

    def _write(self) -> None:
        root, me = self.root, pwd.getpwuid(os.getuid())
        owner = pwd.getpwnam("nobody") if os.getuid() == 0 else me
        mine = f"default_internal_user = {me.pw_name}\ndefault_login_user = {me.pw_name}\n"
        everybody = "first_valid_uid = 1\nfirst_valid_gid = 1\n" + ("" if os.getuid() == 0 else mine)
        write_certificate(root / "certificate.pem", root / "key.pem")
        for name in ("mail", "run", "state", "keys/default/HS256"):
            (root / name).mkdir(parents=True, exist_ok=True)
        os.chown(root / "mail", owner.pw_uid, owner.pw_gid)
        (root / "keys/default/HS256/default").write_bytes(b64encode(TOKEN_KEY))
        (root / "tokens.conf").write_text(_TOKENS.format(root=root))
        (root / "users").write_text("".join(f"box{number}:{{PLAIN}}{PASSWORD}\n" for number in range(USERS)))
        text = _CONFIGURATION.format(
            root=root,
            users=everybody,
            junk=JUNK,
            owner=owner.pw_uid,
            group=owner.pw_gid,
            relay=self.relay.port,
            chroot="" if os.getuid() == 0 else "chroot =",
            **vars(self.ports),
        )
        (root / "dovecot.conf").write_text(text)

    def _wait_for(self, port: int, greeting: bytes) -> None:
        until = time.monotonic() + STARTS_WITHIN
        while time.monotonic() < until and self._process is not None and self._process.poll() is None:
            try:
                with socket.create_connection(("127.0.0.1", port), 1) as connection:
                    if connection.recv(100).startswith(greeting):
                        return
            except OSError:
                time.sleep(0.02)
        log = self.root / "dovecot.log"
        said = (self.root / "stderr.txt").read_text() + (log.read_text() if log.exists() else "")
        raise RuntimeError(f"Dovecot did not start on port {port}:\n{said}")


def missing() -> str:
    """What is not installed, in a sentence; empty where everything is."""
    wanted = {"dovecot": shutil.which("dovecot")} | {
        name: shutil.which(name, path="/usr/lib/dovecot:/usr/libexec/dovecot")
        for name in ("imap", "lmtp", "submission")
    }
    lacking = ", ".join(name for name, found in wanted.items() if found is None)
    return f"Dovecot is not whole ({lacking}): install dovecot-imapd, dovecot-lmtpd, dovecot-submissiond." * bool(
        lacking
    )


@contextmanager
def running(root: Path) -> Iterator[Dovecot]:
    """A Dovecot for as long as the block lasts. ``root`` is a directory that other users may pass through."""
    dovecot = Dovecot(root)
    try:
        dovecot.start()
        yield dovecot
    finally:
        dovecot.stop()


def _free_ports(count: int) -> list[int]:
    sockets = [socket.create_server(("127.0.0.1", 0)) for _ in range(count)]
    ports = [each.getsockname()[1] for each in sockets]
    for each in sockets:
        each.close()
    return ports
