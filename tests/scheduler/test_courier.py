"""The demo's way into a real mailbox: what leaves goes to the mailbox itself, what is not the demo's stays."""

import shutil
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from mail.folder import FolderMailbox, deliver, sent_messages
from mail.port import Folder, Lane, Outcome, PermanentMailboxError, TransientMailboxError
from mail.reading import read
from scheduler.command_line import main
from scheduler.demo.courier import PATIENCE, Courier, Trial, TrialError, lying
from scheduler.demo.envelope import posted, redirected, restored, tag_of

ROOT = Path(__file__).resolve().parents[2]
ADDRESS = "plans@example.gov"
TODAY = datetime(2026, 3, 2, 9, tzinfo=UTC)
THEN = datetime(2019, 8, 21, 14, 30, tzinfo=UTC)
RUN = "3f9c21aa"
ISSUED = (
    b"Date: Mon, 19 Aug 2019 08:00:00 +0000\r\nFrom: Planning <plans@example.gov>\r\n"
    b'To: "Helen Watson"\r\n <helen.watson@hscp.example>\r\nCc: chief@hscp.example\r\n'
    b"Subject: =?utf-8?b?UGxhbiDigJMgdXBkYXRlIDE=?=\r\nMessage-ID: <issue@example.gov>\r\nX-Plancycle: 1\r\n"
    b"\r\nPlease.\r\n"
)
REPLY = (
    b"Return-Path: <>\r\nFrom: Helen Watson <helen.watson@hscp.example>\r\nTo: plans@example.gov\r\n"
    b"Subject: Automatic reply: update 1\r\nMessage-ID: <R1@hscp.example>\r\nIn-Reply-To: <issue@example.gov>\r\n"
    b"Auto-Submitted: auto-generated\r\nMIME-Version: 1.0\r\nContent-Type: text/plain\r\n\r\nAway.\r\n"
)


class Post(FolderMailbox):
    """A mailbox in folders that brings to its Inbox what is sent to it, when time passes; and has its troubles."""

    def __init__(self, root: Path) -> None:
        super().__init__(root)
        self.root = root
        self.troubles: list[Exception] = []
        self.carries = True
        self._carried = 0

    def pass_time(self, pause: timedelta) -> None:
        assert pause > timedelta()
        if self.carries:
            for path in sent_messages(self.root)[self._carried :]:
                self._carried += 1
                deliver(self.root, path.read_bytes(), TODAY)

    def prepare(self, raw: bytes) -> str:
        if self.troubles:
            raise self.troubles.pop(0)
        return super().prepare(raw)


class Uncertain(Post):
    """Sends, and says that it did not."""

    def send(self, token: str) -> None:
        super().send(token)
        raise TransientMailboxError("the connection broke")


class Forgetful(Post):
    """Sends nothing at the first attempt, and can prove it."""

    tried = False

    def send(self, token: str) -> None:
        if not self.tried:
            self.tried = True
            raise TransientMailboxError("the connection broke")
        super().send(token)


class Dumb(Uncertain):
    def lookup(self, message_id: str, token: str) -> Outcome:
        return Outcome.UNKNOWN


class Closing(Post):
    closed = False

    def close(self) -> None:
        self.closed = True


Opened = Callable[[type[Post]], tuple[Post, Courier, Path]]


@pytest.fixture
def opened(tmp_path: Path) -> Opened:
    def make(kind: type[Post]) -> tuple[Post, Courier, Path]:
        server, people = tmp_path / "server", tmp_path / "people"
        server.mkdir(exist_ok=True)
        people.mkdir()
        post = kind(server)
        trial = Trial(post, ADDRESS, RUN, lambda: TODAY, post.pass_time, lambda _: None)
        return post, Courier(trial, people, lying(trial)), people

    return make


def test_what_the_service_sends_goes_to_the_mailbox_itself_and_people_read_it_as_it_was_written(opened: Opened) -> None:
    post, courier, people = opened(Post)
    courier.send(courier.prepare(ISSUED))
    (out,) = [read(path.read_bytes()) for path in sent_messages(post.root)]
    assert out.recipients == (ADDRESS,)
    assert b"helen.watson at hscp.example" in sent_messages(post.root)[0].read_bytes()
    assert (out.message_id, out.date) == ("<issue@example.gov>", TODAY)
    assert out.subject == f"Plan – update 1 [demo {RUN}-1]"
    assert [path.read_bytes() for path in sent_messages(people)] == [ISSUED]


def test_what_people_write_travels_and_counts_as_received_when_they_wrote_it(opened: Opened) -> None:
    post, courier, people = opened(Post)
    deliver(people, REPLY, THEN)
    batch = courier.poll(None)
    (received,) = batch.messages
    assert (received.raw, received.received_at, batch.more) == (REPLY, THEN, False)
    (out,) = sent_messages(post.root)
    travelled = read(out.read_bytes())
    assert (travelled.sender, travelled.recipients) == (ADDRESS, (ADDRESS,))
    assert "auto-submitted" not in travelled.headers
    courier.file(received.server_id, Lane.ATTENTION)
    assert [path.name for path in (people / "Attention").iterdir()]
    assert post.poll(None).messages == ()
    assert courier.left.filed[Lane.ATTENTION] == 1


def test_what_the_service_sent_itself_is_filed_when_it_comes_back(opened: Opened) -> None:
    post, courier, _ = opened(Post)
    courier.send(courier.prepare(ISSUED))
    post.pass_time(timedelta(seconds=1))
    assert courier.poll(None).messages == ()
    courier.send(courier.prepare(ISSUED.replace(b"<issue@", b"<another@")))
    courier.tidy()
    assert post.poll(None).messages == ()
    assert len(list((post.root / "Processed").iterdir())) == 2


def test_the_mailbox_stays_open_for_whoever_opened_it(opened: Opened) -> None:
    post, courier, _ = opened(Closing)
    courier.close()
    assert isinstance(post, Closing)
    assert not post.closed


def test_what_is_not_the_demos_stays_where_it_lies(opened: Opened) -> None:
    post, courier, _ = opened(Post)
    bounce = ISSUED.replace(b"plans@example.gov", b"postmaster@example.gov").replace(
        b"Subject: ", b"Subject: Undeliverable: [demo 3f9c21aa-1] "
    )
    earlier = redirected(ISSUED, ADDRESS, "0123abcd-7", TODAY)
    for raw in (bounce, earlier, b"Subject: Lunch?\r\n\r\nHello\r\n"):
        deliver(post.root, raw, TODAY)
    assert courier.poll(None).messages == ()
    assert len(post.poll(None).messages) == 3
    assert courier.left.untouched == 2


def test_what_lay_there_before_is_counted_and_never_handed_over(tmp_path: Path, opened: Opened) -> None:
    (tmp_path / "server").mkdir()
    deliver(tmp_path / "server", b"Subject: Lunch?\r\n\r\nHello\r\n", TODAY, Folder.JUNK)
    deliver(tmp_path / "server", redirected(ISSUED, ADDRESS, "0123abcd-7", TODAY), TODAY)
    post, courier, _ = opened(Post)
    assert courier.left.untouched == 1
    assert courier.poll(None).messages == ()
    assert len(post.poll(None).messages) == 2


def test_where_any_other_message_will_do_no_more_is_read(tmp_path: Path) -> None:
    post = Post(tmp_path)
    for number in range(60):
        deliver(tmp_path, b"Subject: Lunch?\r\n\r\nHello\r\n", TODAY + timedelta(minutes=number))
    trial = Trial(post, ADDRESS, RUN, lambda: TODAY, post.pass_time, lambda _: None)
    assert (lying(trial).others, lying(trial).whole) == (60, True)
    assert (lying(trial, any_will_do=True).others, lying(trial, any_will_do=True).whole) == (50, False)


def test_trouble_that_passes_is_waited_out_and_other_trouble_ends_it(opened: Opened) -> None:
    post, courier, _ = opened(Post)
    post.troubles = [TransientMailboxError("paced until noon")] * 3
    courier.send(courier.prepare(ISSUED))
    assert len(sent_messages(post.root)) == 1
    post.troubles = [PermanentMailboxError("the secret is wrong")]
    with pytest.raises(TrialError, match="the secret is wrong"):
        courier.prepare(ISSUED)
    with pytest.raises(TrialError, match="the secret is wrong"):
        courier.poll(None)


def test_trouble_that_lasts_ends_it_once(opened: Opened) -> None:
    post, courier, _ = opened(Post)
    post.troubles = [TransientMailboxError("paced until noon")] * 451
    with pytest.raises(TrialError, match="15 minutes: paced until noon"):
        courier.prepare(ISSUED)
    assert post.troubles == []
    with pytest.raises(TrialError, match="15 minutes: paced until noon"):
        courier.prepare(ISSUED)


@pytest.mark.parametrize("kind", [Uncertain, Forgetful])
def test_a_sending_that_was_cut_off_is_settled_and_nothing_goes_twice(kind: type[Post], opened: Opened) -> None:
    post, courier, people = opened(kind)
    courier.send(courier.prepare(ISSUED))
    assert len(sent_messages(post.root)) == len(sent_messages(people)) == courier.left.sent == 1
    with pytest.raises(PermanentMailboxError, match="prepare it before sending"):
        courier.send("nothing")


def test_what_cannot_be_settled_or_does_not_arrive_ends_the_demo_with_a_sentence(opened: Opened) -> None:
    _, courier, _ = opened(Dumb)
    with pytest.raises(TrialError, match="Nobody can tell whether it was sent within 15 minutes"):
        courier.send(courier.prepare(ISSUED))


def test_a_message_that_never_arrives_ends_the_demo_with_a_sentence(opened: Opened) -> None:
    post, courier, people = opened(Post)
    post.carries = False
    deliver(people, REPLY, THEN)
    with pytest.raises(TrialError, match=r"has not arrived within 15 minutes.*plancycle mailbox check"):
        courier.poll(None)
    assert timedelta(minutes=10) < PATIENCE


def test_a_message_is_known_by_its_tag_whatever_became_of_its_headers() -> None:
    out = posted(REPLY, ADDRESS, f"{RUN}-5", "<t@example.gov>", TODAY)
    assert tag_of(out, ADDRESS.upper()) == f"{RUN}-5"
    assert tag_of(out.replace(b"Message-ID: <t@example.gov>\r\n", b""), ADDRESS) == f"{RUN}-5"
    assert tag_of(b"", ADDRESS) is None
    changed = out.replace(b"Content-Type: text/plain", b"Content-Type: text/plain; charset=utf-8").replace(
        b"Away.", b"Away.\r\n-- \r\nCouncil disclaimer"
    )
    back = read(restored(REPLY, changed))
    assert (back.sender, back.message_id) == ("helen.watson@hscp.example", "<R1@hscp.example>")
    assert "Council disclaimer" in back.text
    assert back.headers["content-type"] == ("text/plain; charset=utf-8",)


@pytest.mark.parametrize(
    ("given", "says"),
    [
        (["--mailbox", "service.yaml"], "give --cycles 1 with it"),
        (["--mailbox", "service.yaml", "--cycles", "2"], "give --cycles 1 with it"),
        (["--yes", "--cycles", "1"], "give --mailbox FILE with it"),
        (["--mailbox", "nowhere.yaml", "--cycles", "1"], "--mailbox nowhere.yaml cannot be read: No such file"),
        (["--mailbox", "config/service.yaml", "--cycles", "1"], "names a folder mailbox"),
        (["--mailbox", "wrong.yaml", "--cycles", "1"], "plancycle: wrong.yaml:9:3: "),
        (["--mailbox", "empty.yaml", "--cycles", "1"], "empty.yaml has no line that begins with “programmes:”."),
        (["--mailbox", "helens.yaml", "--cycles", "1"], '"helen.watson@hscp.example" is the address of the service'),
        (["--mailbox", "exchange.yaml", "--cycles", "1"], "No secret for the exchange mailbox"),
    ],
)
def test_a_demo_that_is_asked_for_wrongly_says_what_to_do(
    given: list[str], says: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    shutil.copytree(ROOT / "config", tmp_path / "config")
    text = (tmp_path / "config" / "service.yaml").read_text()
    (tmp_path / "wrong.yaml").write_text(text.replace("address:", "adress:"))
    (tmp_path / "empty.yaml").touch()
    (tmp_path / "helens.yaml").write_text(text.replace("address: plans@", "address: helen.watson@"))
    own = "system: exchange\n  exchange: {endpoint: 'https://mail.example.gov/EWS/Exchange.asmx', username: plans}"
    (tmp_path / "exchange.yaml").write_text(text.replace("system: folder", own))
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("PLANCYCLE_MAILBOX_SECRET", raising=False)
    assert main(["demo", "--config", "config", *given]) == 1
    assert says in capsys.readouterr().err
    assert not (tmp_path / "demo").exists()
