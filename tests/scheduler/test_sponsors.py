"""The people of the demo: their messages parse, carry what they should, and are the same for the same seed."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import default
from email.utils import parsedate_to_datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from mail.compose import LOOP_HEADER, compose
from mail.folder import FolderMailbox
from mail.letter import Attachment, Letter
from mail.nature import Kind, nature
from mail.port import Folder
from mail.reading import read
from programme.answer import Answers, IssuedRow
from programme.calendar import instant
from programme.cycle import Cycle, Ladder
from programme.form import Column, Field, Form, Rating
from programme.form import Kind as CellKind
from programme.loader import load
from programme.people import Contribution, Group, Holding, Person, Post, Team
from programme.plan import Action, Plan
from programme.service import Programme, WorkingDays
from scheduler.demo.behaviours import FIRST, STRANGERS, Behaviour, Deed
from scheduler.demo.sponsors import XLSX, Sponsors
from workbook.contents import FormContents, ReturnedForm
from workbook.matching import match
from workbook.reading import Reader
from workbook.writing import write_form

LONDON = ZoneInfo("Europe/London")
OURS = "plans@hscp.example"
CYCLE = Cycle("2019-1", "update 1", date(2019, 8, 30), date(2019, 9, 13), date(2019, 10, 4))
SHORT = Cycle("2019-3", "update 3", date(2019, 12, 9), date(2019, 12, 16), date(2020, 1, 10))
ISSUED = instant(LONDON, CYCLE.issue, Ladder().issue_at)
PIECE = ("3.2", "3.4")

FORM = Form(
    "implementation-plan",
    "Implementation plan",
    (
        Column("ref", "Ref"),
        Column("deliverable", "Deliverable"),
        Column("due", "Due", CellKind.DATE),
        Column("last_rating", "Last rating"),
        Column("last_progress", "Last progress"),
        Column("rating", "Rating", CellKind.RATING, answered=True),
        Column("progress", "Progress", answered=True),
        Column("reason", "Reason and recovery", answered=True),
        Column("green_by", "Back to Green by", CellKind.DATE, answered=True),
        Column("figure", "Latest figure", answered=True),
        Column("figure_date", "Date of figure", CellKind.DATE, answered=True),
        Column("forecast", "Forecast", CellKind.CHOICE, answered=True, choices=("on time", "late", "not achievable")),
        Column("new_date", "Proposed new date", CellKind.DATE, answered=True),
        Column("escalate_to", "Escalate to", answered=True),
        Column("updated_by", "Updated by", answered=True),
        Column("lead", "Lead", grouped=True),
    ),
    (
        Field("ask", "Ask of the SPG"),
        Field("case_study", "Case study"),
        Field("nobody_identified", "Nobody can be identified", CellKind.TICK),
    ),
    (
        Rating("red", "Red", "Not expected", "#9B0F0F", "#FFFFFF", needs_recovery=True, synonyms=("R",)),
        Rating("amber", "Amber", "Not as expected", "#FFB81C", "#000000", needs_recovery=True, synonyms=("A",)),
        Rating("green", "Green", "On track", "#00857D", "#FFFFFF", synonyms=("G",)),
        Rating("blue", "Blue", "Complete", "#12436D", "#FFFFFF", complete=True, synonyms=("B",)),
    ),
)


def person(name: str, domain: str = "hscp.example") -> Person:
    handle = name.casefold().replace(" ", ".")
    return Person(handle.replace(".", "-"), name, (f"{handle}@{domain}",))


WATSON, MCALEES, STEVENSON = person("Helen Watson"), person("Sharon McAlees"), person("Allen Stevenson")
GILLESPIE, CVS = person("Deborah Gillespie"), person("Chief Executive CVS", "cvs.example")
ASSISTANT, LEAD = person("Fiona Assistant"), person("SM Criminal Justice")
PEOPLE = (WATSON, MCALEES, STEVENSON, GILLESPIE, CVS, ASSISTANT, LEAD)


def post(post_id: str, holder: Person, **more: object) -> Post:
    return Post(post_id, f"Head of {post_id}", (Holding(holder.id),), **more)  # type: ignore[arg-type]


POSTS = (
    post("strategy", WATSON),
    post(
        "children",
        MCALEES,
        assistants=(Holding(ASSISTANT.id),),
        contributors=(Contribution(LEAD.id, "ba3", PIECE),),
    ),
    post("community", STEVENSON),
    post("mental-health", GILLESPIE),
    post("cvs", CVS, external=True),
)


def plan(number: int, *sponsors: str) -> Plan:
    actions = tuple(
        Action(f"{number}.{row}", f"Deliver part {row} of plan {number}", date(2020, 3 + row, 28))
        for row in range(1, 7)
    )
    return Plan(f"ba{number}", f"Plan {number}", f"Big Action {number}", sponsors, actions)


PROGRAMME = Programme(
    id="strategic-plan",
    title="Strategic Plan",
    zone=LONDON,
    people={somebody.id: somebody for somebody in PEOPLE},
    posts={each.id: each for each in POSTS},
    team=Team("Planning team", (WATSON.id,), "01632 960123"),
    spg=Group("Strategic Planning Group", (WATSON.id,)),
    plans=(
        plan(1, "strategy"),
        plan(2, "children"),
        plan(3, "community", "children"),
        plan(4, "community"),
        plan(5, "mental-health"),
        plan(6, "cvs"),
    ),
    form=FORM,
    cycles=(CYCLE, SHORT),
    ladder=Ladder(),
    working_days=WorkingDays(),
)


def with_post(changed: Post) -> Programme:
    return replace(PROGRAMME, posts={**PROGRAMME.posts, changed.id: changed})


def issued_rows(about: Plan) -> tuple[IssuedRow, ...]:
    return tuple(
        IssuedRow(action.ref, f"token{action.ref.replace('.', '')}", action.deliverable, action.due)
        for action in about.actions
    )


def form_of(plan_id: str, post_id: str, programme: Programme = PROGRAMME) -> bytes:
    about = programme.plan(plan_id)
    return write_form(
        FormContents(
            programme=programme.title,
            cycle=CYCLE.label,
            plan_label=about.label,
            plan_title=about.title,
            post=post_id,
            person=post_id,
            deadline=CYCLE.deadline,
            spg=CYCLE.spg,
            team="Planning team",
            phone="01632 960123",
            form=programme.form,
            rows=issued_rows(about),
            identity={"plan": plan_id, "post": post_id},
        )
    )


def send(root: Path, to: Person, subject: str, files: tuple[Attachment, ...], at: datetime) -> str:
    """Send as the service does; returns the Message-ID."""
    message_id = f"<{to.id}.{at:%Y%m%d%H%M%S}@hscp.example>"
    letter = Letter(
        OURS, "Planning team", to.address, to.name, subject, "Your plans are attached.\n\nPlease reply – thank you.",
        "<p>Your plans are attached.</p><p>Please reply – thank you.</p>", message_id, at, files,
    )  # fmt: skip
    mailbox = FolderMailbox(root)
    root.mkdir(exist_ok=True)
    mailbox.send(mailbox.prepare(compose(letter)))
    return message_id


def issue(root: Path, programme: Programme = PROGRAMME) -> None:
    """One email per sponsor with all their workbooks."""
    for each in programme.posts.values():
        own = [about for about in programme.plans if each.id in about.sponsors]
        files = tuple(
            Attachment(f"{about.label} - {CYCLE.label}.xlsx", form_of(about.id, each.id, programme), XLSX)
            for about in own
        )
        holder = programme.people[each.holders[0].person]
        send(root, holder, f"Strategic Plan {CYCLE.label} – due Fri 13 Sep", files, ISSUED)


@dataclass(frozen=True)
class Played:
    """A cycle that was played: the deeds, and the message of each as it lies in the mailbox."""

    deeds: tuple[Deed, ...]
    raws: tuple[bytes, ...]
    folders: tuple[Folder, ...]

    def of(self, behaviour: Behaviour) -> list[bytes]:
        return [raw for deed, raw in zip(self.deeds, self.raws, strict=True) if deed.behaviour == behaviour]

    def by(self, behaviour: Behaviour, turn: int = 0) -> EmailMessage:
        message = message_from_bytes(self.of(behaviour)[turn], policy=default)
        assert isinstance(message, EmailMessage)
        return message


def play(root: Path, seed: int, programme: Programme = PROGRAMME) -> Played:
    issue(root, programme)
    sponsors = Sponsors(programme, CYCLE, root, seed)
    while sponsors.next_deed():
        sponsors.act()
    received = FolderMailbox(root).poll(None).messages
    assert [message.received_at for message in received] == [deed.at for deed in sponsors.done()]
    return Played(
        sponsors.done(), tuple(message.raw for message in received), tuple(message.folder for message in received)
    )


@pytest.fixture(scope="module")
def played(tmp_path_factory: pytest.TempPathFactory) -> Played:
    return play(tmp_path_factory.mktemp("first") / "mailbox", seed=1)


@pytest.fixture(scope="module")
def reader() -> Iterator[Reader]:
    with Reader() as reading:
        yield reading


def workbook(message: EmailMessage) -> bytes:
    (attachment,) = message.iter_attachments()
    content = attachment.get_content()
    assert isinstance(content, bytes)
    return content


def returned(reader: Reader, message: EmailMessage, plan_id: str) -> ReturnedForm:
    return match(FORM, issued_rows(PROGRAMME.plan(plan_id)), reader.read(workbook(message)))


def ratings(form: ReturnedForm) -> dict[str, str]:
    return {row.ref: row.values["rating"] for row in form.rows if "rating" in row.values}


def row_of(form: ReturnedForm, ref: str) -> Answers:
    return next(row for row in form.rows if row.ref == ref)


def test_every_behaviour_occurs_in_the_order_of_time_between_issue_and_deadline(played: Played) -> None:
    assert {deed.behaviour for deed in played.deeds} == {part.behaviour.value for part in FIRST}
    instants = [deed.at for deed in played.deeds]
    assert instants == sorted(instants)
    assert all(ISSUED < at < instant(LONDON, date(2019, 9, 14), Ladder().papers_at) for at in instants)
    assert all(at.tzinfo is UTC for at in instants)


def test_the_calendar_of_the_shipped_first_cycle(played: Played) -> None:
    days = [(deed.behaviour, PROGRAMME.local(deed.at).date()) for deed in played.deeds]
    assert days == [
        ("absence", date(2019, 8, 30)),
        ("prompt", date(2019, 9, 3)),
        ("assistant", date(2019, 9, 4)),
        ("contributor piece", date(2019, 9, 5)),
        *sorted(days[4:6]),
        ("contributor piece", date(2019, 9, 9)),
        ("untidy", date(2019, 9, 10)),
        ("no attachment", date(2019, 9, 11)),
        ("no attachment", date(2019, 9, 12)),
        ("no attachment", date(2019, 9, 13)),
    ]
    assert {behaviour for behaviour, _ in days[4:6]} == {"stranger", "libreoffice"}


def test_people_write_within_working_hours_and_the_last_of_them_late_in_the_evening() -> None:
    for seed in range(20):
        deeds = planned(seed)
        hours = [PROGRAMME.local(deed.at).hour for deed in deeds]
        assert all(9 <= hour <= 16 for hour in hours[:-1])
        assert 20 <= hours[-1] <= 23
        assert PROGRAMME.local(deeds[-1].at).date() == CYCLE.deadline


def planned(seed: int, cycle: Cycle = CYCLE) -> list[Deed]:
    sponsors = Sponsors(replace(PROGRAMME, cycles=(cycle,)), cycle, Path("nowhere"), seed)
    return [scene.deed for scene in sponsors._scenes]


def test_deeds_are_planned_before_anything_was_issued(tmp_path: Path) -> None:
    first = Sponsors(PROGRAMME, CYCLE, tmp_path, 1).next_deed()
    assert first is not None
    assert first.who == GILLESPIE.id
    assert ISSUED < first.at < ISSUED + timedelta(minutes=4)
    assert first.expected == "absence recorded, not answered"


def test_a_week_from_issue_to_deadline_still_holds_them_all_in_order() -> None:
    deeds = planned(3, SHORT)
    assert len(deeds) == len(planned(3))
    whole = [deed.what for deed in deeds]
    piece = next(number for number, what in enumerate(whole) if "a piece of Big Action 3" in what)
    rest = next(number for number, what in enumerate(whole) if "the rest of Big Action 3" in what)
    assert piece < rest
    assert PROGRAMME.local(deeds[-1].at).date() == SHORT.deadline


def test_what_must_become_of_each_is_said(played: Played) -> None:
    expected = {deed.what: deed.expected for deed in played.deeds}
    assert expected["Fiona Assistant returns Big Action 2 for Sharon McAlees; it lands in Junk"] == "accepted, 6 rows"
    piece = "SM Criminal Justice returns a piece of Big Action 3 for Sharon McAlees"
    assert expected[piece] == "accepted, 2 rows, 3.1, 3.3, 3.5 and 3.6 still missing"
    assert expected["Sharon McAlees returns the rest of Big Action 3"] == "accepted, 4 rows"
    untidy = "Allen Stevenson returns Big Action 3 with the rows sorted, a column inserted and a row deleted"
    assert expected[untidy] == "accepted, 5 rows, 3.6 still missing"


def test_messages_come_from_the_right_people_to_us(played: Played) -> None:
    senders = [read(raw).sender for raw in played.raws]
    known = {somebody.id: somebody.address for somebody in PEOPLE}
    for deed, sender in zip(played.deeds, senders, strict=True):
        assert sender == known.get(deed.who, sender)
    assert all(read(raw).recipients == (OURS,) for raw in played.raws)
    stranger = read(played.of(Behaviour.STRANGER)[0])
    assert PROGRAMME.person_at(stranger.sender) is None
    assert stranger.sender_name in [deed.who for deed in played.deeds]


def test_replies_stay_in_the_thread_of_the_issue(played: Played) -> None:
    for deed, raw in zip(played.deeds, played.raws, strict=True):
        message = read(raw)
        issue_id = f"<{asked_in(deed).id}.{ISSUED:%Y%m%d%H%M%S}@hscp.example>"
        assert issue_id in message.thread
        headers = message_from_bytes(raw, policy=default)
        assert str(headers["References"]).split()[0] == issue_id
        assert str(headers["In-Reply-To"]).strip() == str(headers["References"]).split()[-1]


def asked_in(deed: Deed) -> Person:
    """Whose issue was answered: the writer's own, but for those to whom it was forwarded."""
    behalf = {Behaviour.ASSISTANT: MCALEES, Behaviour.STRANGER: GILLESPIE}
    if deed.who == LEAD.id:
        return MCALEES
    return behalf.get(Behaviour(deed.behaviour)) or PROGRAMME.people[deed.who]


def test_a_piece_answers_a_forward_that_we_never_saw(played: Played) -> None:
    piece = played.by(Behaviour.CONTRIBUTOR_PIECE)
    assert len(str(piece["References"]).split()) == 2
    assert len(str(played.by(Behaviour.ASSISTANT)["References"]).split()) == 1
    assert len(str(played.by(Behaviour.STRANGER)["References"]).split()) == 2


def test_every_message_has_its_own_id_subject_date_and_quote(played: Played) -> None:
    messages = [read(raw) for raw in played.raws]
    assert len({message.message_id for message in messages}) == len(messages)
    for deed, raw, message in zip(played.deeds, played.raws, messages, strict=True):
        answered = "Automatic reply: " if deed.behaviour == Behaviour.ABSENCE else "RE: "
        assert message.subject == f"{answered}Strategic Plan update 1 – due Fri 13 Sep"
        assert parsedate_to_datetime(message.headers["date"][0]) == deed.at.replace(microsecond=0)
        assert ("Your plans are attached." in message.text) is (deed.behaviour != Behaviour.ABSENCE)
        assert max(map(len, raw.split(b"\r\n"))) < 998
        assert b"\n" not in raw.replace(b"\r\n", b"")


def test_people_send_html_beside_the_text(played: Played) -> None:
    for raw in played.raws:
        types = [part.get_content_type() for part in message_from_bytes(raw, policy=default).walk()]
        assert "text/plain" in types
        assert "text/html" in types
        assert types.index("text/plain") < types.index("text/html")


def test_nobody_sends_our_loop_header_and_no_person_looks_like_a_machine(played: Played) -> None:
    for deed, raw in zip(played.deeds, played.raws, strict=True):
        message = read(raw)
        kind = nature(message, None, {}).kind
        assert kind is (Kind.ABSENCE if deed.behaviour == Behaviour.ABSENCE else Kind.PERSON)
        assert LOOP_HEADER.casefold() not in message.headers
        suppressed = "x-auto-response-suppress" in message.headers
        assert suppressed is (deed.behaviour == Behaviour.ABSENCE)


def test_outlook_says_what_it_is_and_thunderbird_says_otherwise(played: Played) -> None:
    outlook = played.by(Behaviour.PROMPT)
    assert outlook["X-MS-Has-Attach"] == "yes"
    assert outlook["Thread-Topic"] == "Strategic Plan update 1 – due Fri 13 Sep"
    assert outlook["Thread-Index"]
    thunderbird = played.by(Behaviour.LIBREOFFICE)
    assert thunderbird["User-Agent"] == "Mozilla Thunderbird"
    assert thunderbird["Thread-Index"] is None
    quoted = thunderbird.get_body(("plain",))
    assert quoted is not None
    assert "\n> Please reply – thank you." in quoted.get_content().replace("\r\n", "\n")


def test_one_signature_has_a_logo_that_its_html_shows(played: Played) -> None:
    with_logo = [raw for raw in played.raws if b"image/png" in raw]
    assert with_logo == played.of(Behaviour.PROMPT)
    message = played.by(Behaviour.PROMPT)
    html = message.get_body(("html",))
    picture = next(part for part in message.walk() if part.get_content_type() == "image/png")
    assert html is not None
    assert picture.get_content().startswith(b"\x89PNG")
    assert f"cid:{picture['Content-ID'][1:-1]}" in html.get_content()


def test_only_the_assistants_lands_in_junk(played: Played) -> None:
    junk = [deed.behaviour for deed, folder in zip(played.deeds, played.folders, strict=True) if folder is Folder.JUNK]
    assert junk == [Behaviour.ASSISTANT]


def test_each_message_carries_what_it_should(played: Played) -> None:
    carried = [
        [(part.get_filename(), part.get_content_type()) for part in message_from_bytes(raw, policy=default).walk()
         if part.get_content_disposition() == "attachment"]
        for raw in played.raws
    ]  # fmt: skip
    names = dict(zip((deed.what.split(" returns ")[-1] for deed in played.deeds), carried, strict=True))
    assert names["the rest of Big Action 3"] == [("Big Action 3 - update 1.xlsx", XLSX)]
    assert carried[0] == []
    assert carried[-3] == []
    assert carried[-2] == [("Big Action 4 - update 1.pdf", "application/pdf")]
    assert carried[-1] == [("Big Action 4 - update 1 FINAL.xlsx", XLSX)]
    untyped = [files for files in carried if files and files[0][1] == "application/octet-stream"]
    assert untyped == [[("Big Action 3 - update 1 v2.xlsx", "application/octet-stream")]]


def test_the_words_speak_of_an_attachment_where_there_is_none(played: Played) -> None:
    assert "lease find attached" in read(played.of(Behaviour.NO_ATTACHMENT)[0]).text


def test_the_pdf_finds_its_own_objects(played: Played) -> None:
    content = workbook(played.by(Behaviour.NO_ATTACHMENT, 1))
    assert content.startswith(b"%PDF-1.4")
    table = int(content.split(b"startxref\n")[1].split()[0])
    assert content[table:].startswith(b"xref")
    for number, line in enumerate(content[table:].split(b"\n")[3:8], 1):
        assert content[int(line[:10]) :].startswith(b"%d 0 obj" % number)
    assert b"Big Action 4: Plan 4" in content


def test_the_prompt_sponsor_types_over_the_dropdown(played: Played, reader: Reader) -> None:
    form = returned(reader, played.by(Behaviour.PROMPT), "ba1")
    typed = {cell.text for sheet in reader.read(workbook(played.by(Behaviour.PROMPT))).sheets
             for cell in sheet.cells.values()}  # fmt: skip
    assert "A" in typed
    assert list(ratings(form).values()) == ["green", "green", "amber", "green", "green", "red"]
    assert row_of(form, "1.6").values.keys() >= {"progress", "reason", "green_by", "forecast", "updated_by"}


def test_the_assistant_returns_everything_with_a_blue_without_a_figure(played: Played, reader: Reader) -> None:
    form = returned(reader, played.by(Behaviour.ASSISTANT), "ba2")
    assert list(ratings(form).values()) == ["green", "green", "blue", "green", "amber", "green"]
    assert "figure" not in row_of(form, "2.3").values


def test_the_pieces_of_the_joint_plan_make_a_whole(played: Played, reader: Reader) -> None:
    piece = ratings(returned(reader, played.by(Behaviour.CONTRIBUTOR_PIECE), "ba3"))
    rest = ratings(returned(reader, played.by(Behaviour.CONTRIBUTOR_PIECE, 1), "ba3"))
    assert tuple(piece) == PIECE
    assert sorted({**piece, **rest}) == ["3.1", "3.2", "3.3", "3.4", "3.5", "3.6"]
    assert not piece.keys() & rest.keys()


def test_the_two_sponsors_of_the_joint_plan_differ_on_one_row(played: Played, reader: Reader) -> None:
    ones = ratings(returned(reader, played.by(Behaviour.CONTRIBUTOR_PIECE), "ba3"))
    ones |= ratings(returned(reader, played.by(Behaviour.CONTRIBUTOR_PIECE, 1), "ba3"))
    others = ratings(returned(reader, played.by(Behaviour.UNTIDY), "ba3"))
    assert {ref: (ones[ref], others[ref]) for ref in others if ones[ref] != others[ref]} == {"3.1": ("amber", "green")}
    assert {ones["3.5"], others["3.5"]} == {"red"}


def test_the_untidy_return_lacks_one_row_and_still_matches(played: Played, reader: Reader) -> None:
    form = returned(reader, played.by(Behaviour.UNTIDY), "ba3")
    assert form.missing == ("3.6",)
    assert sorted(ratings(form)) == ["3.1", "3.2", "3.3", "3.4", "3.5"]


def test_libreoffice_returns_an_amber_without_a_way_back(played: Played, reader: Reader) -> None:
    form = returned(reader, played.by(Behaviour.LIBREOFFICE), "ba6")
    assert list(ratings(form).values()) == ["green", "amber", "green", "green", "amber", "green"]
    assert "reason" in row_of(form, "6.2").values
    assert "green_by" not in row_of(form, "6.2").values
    assert "green_by" in row_of(form, "6.5").values


def test_the_last_minute_return_asks_the_spg(played: Played, reader: Reader) -> None:
    form = returned(reader, played.by(Behaviour.NO_ATTACHMENT, 2), "ba4")
    red = row_of(form, "4.1").values
    assert red["rating"] == "red"
    assert red["new_date"] == "2020-10-29"
    assert red.keys() >= {"reason", "green_by", "escalate_to"}
    assert "4.1" in form.fields["ask"]
    assert form.fields["case_study"]


def test_the_stranger_returns_a_workbook_that_would_count(played: Played, reader: Reader) -> None:
    form = returned(reader, played.by(Behaviour.STRANGER), "ba5")
    assert set(ratings(form).values()) == {"green"}
    assert len(form.rows) == 6


def test_nobody_writes_what_somebody_else_wrote(played: Played, reader: Reader) -> None:
    texts = []
    for behaviour, plan_id, turns in (
        (Behaviour.PROMPT, "ba1", 1),
        (Behaviour.ASSISTANT, "ba2", 1),
        (Behaviour.CONTRIBUTOR_PIECE, "ba3", 2),
        (Behaviour.UNTIDY, "ba3", 1),
        (Behaviour.LIBREOFFICE, "ba6", 1),
    ):
        for turn in range(turns):
            form = returned(reader, played.by(behaviour, turn), plan_id)
            texts += [row.values["progress"] for row in form.rows if "progress" in row.values]
            assert not any(row.problems for row in form.rows)
    assert len(texts) == 29
    assert len(set(texts)) == len(texts)


def test_the_same_seed_gives_the_same_bytes(played: Played, tmp_path: Path) -> None:
    again = play(tmp_path / "mailbox", seed=1)
    assert again == played


def test_another_seed_gives_other_people(played: Played, tmp_path: Path) -> None:
    other = play(tmp_path / "mailbox", seed=2)
    assert [deed.behaviour for deed in other.deeds if deed.behaviour == "no attachment"] == ["no attachment"] * 3
    assert not {deed.at for deed in other.deeds} & {deed.at for deed in played.deeds}
    assert not set(other.raws) & set(played.raws)


def test_acting_goes_on_from_deed_to_deed_and_ends(tmp_path: Path) -> None:
    issue(tmp_path)
    sponsors = Sponsors(PROGRAMME, CYCLE, tmp_path, 4)
    planned_deeds = planned(4)
    assert sponsors.done() == ()
    for number, deed in enumerate(planned_deeds, 1):
        assert sponsors.next_deed() == deed
        assert sponsors.act() == deed
        assert len(sponsors.done()) == number
    assert sponsors.next_deed() is None
    with pytest.raises(ValueError, match="Everybody has done what they do"):
        sponsors.act()


def test_nothing_issued_is_said_and_leaves_the_deed_undone(tmp_path: Path) -> None:
    sponsors = Sponsors(PROGRAMME, CYCLE, tmp_path, 1)
    with pytest.raises(LookupError, match=r"Deborah Gillespie has nothing to answer: .*Run the service first\."):
        sponsors.act()
    assert sponsors.done() == ()
    issue(tmp_path)
    assert sponsors.act().behaviour == Behaviour.ABSENCE


def test_the_newest_message_with_the_workbook_is_answered(tmp_path: Path) -> None:
    issue(tmp_path)
    form = Attachment("Big Action 5 - update 1.xlsx", form_of("ba5", "mental-health"), XLSX)
    ten = Attachment("Big Action 50 - update 1.xlsx", form.content, XLSX)
    newest = send(tmp_path, GILLESPIE, "Again", (form,), ISSUED + timedelta(seconds=20))
    send(tmp_path, GILLESPIE, "Another plan", (ten,), ISSUED + timedelta(seconds=30))
    send(tmp_path, GILLESPIE, "No workbook", (), ISSUED + timedelta(seconds=40))
    send(tmp_path, WATSON, "Somebody else", (form,), ISSUED + timedelta(seconds=50))
    send(tmp_path, GILLESPIE, "Not written yet", (form,), ISSUED + timedelta(days=9))
    send(tmp_path, GILLESPIE, "The last cycle", (form,), ISSUED - timedelta(days=9))
    Sponsors(PROGRAMME, CYCLE, tmp_path, 1).act()
    (received,) = FolderMailbox(tmp_path).poll(None).messages
    assert read(received.raw).thread == (newest,)


ONE_SPONSOR = tuple(replace(each, sponsors=("children",)) if each.id == "ba3" else each for each in PROGRAMME.plans)


@pytest.mark.parametrize(
    ("programme", "sentence"),
    [
        (
            with_post(post("children", MCALEES, contributors=POSTS[1].contributors)),
            "nobody assists the post Head of chi",
        ),
        (with_post(replace(POSTS[1], contributors=())), "nobody contributes some rows of Big Action 3"),
        (with_post(replace(POSTS[1], contributors=(Contribution(LEAD.id, "ba3"),))), "nobody contributes some rows"),
        (with_post(Post("strategy", "Head of strategy", ())), "nobody holds the post Head of strategy on 2019-08-30"),
        (replace(PROGRAMME, plans=PROGRAMME.plans[:5]), "it has no plan ba6"),
        (replace(PROGRAMME, plans=ONE_SPONSOR), "Big Action 3 has one sponsor, not two"),
    ],
    ids=["assistant", "contributor", "whole plan", "vacant", "plan", "joint"],
)
def test_another_configuration_is_refused_in_a_sentence(programme: Programme, sentence: str, tmp_path: Path) -> None:
    with pytest.raises(ValueError, match=f"know only the shipped configuration, and in this one .*{sentence}"):
        Sponsors(programme, CYCLE, tmp_path, 1)


def test_the_shipped_configuration_and_form_fit(tmp_path: Path, reader: Reader) -> None:
    shipped = load(Path(__file__).parents[2] / "config").programmes[0]
    cycle = shipped.cycles[0]
    assert (cycle.label, cycle.issue, cycle.deadline) == (CYCLE.label, CYCLE.issue, CYCLE.deadline)
    plans = {about.label: about for about in shipped.plans}
    counts = []
    for raw in play(tmp_path / "mailbox", 1, shipped).raws:
        for file in read(raw).attachments:
            if file.name.endswith(".xlsx"):
                about = plans[next(label for label in plans if label in file.name)]
                form = match(shipped.form, issued_rows(about), reader.read(file.content))
                assert not any(row.problems for row in form.rows)
                counts.append(len(ratings(form)))
    assert counts == [6, 6, 2, 6, 6, 4, 5, 6]


def test_a_configured_stranger_is_no_stranger(tmp_path: Path) -> None:
    who = next(deed.who for deed in planned(1) if deed.behaviour == Behaviour.STRANGER)
    known = replace(next(each for each in STRANGERS if each.name == who), id="known")
    with pytest.raises(ValueError, match="who plays the stranger"):
        Sponsors(replace(PROGRAMME, people={**PROGRAMME.people, "known": known}), CYCLE, tmp_path, 1)


def test_a_window_too_short_for_people_is_refused(tmp_path: Path) -> None:
    rushed = replace(CYCLE, issue=date(2019, 9, 11))
    with pytest.raises(ValueError, match="update 1 leaves 3 working days from issue to deadline, not 4"):
        Sponsors(PROGRAMME, rushed, tmp_path, 1)
