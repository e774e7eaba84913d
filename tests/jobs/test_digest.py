"""The digest: every working morning of an open cycle, what happened, what goes and what waits."""

from datetime import datetime, timedelta

from mail.folder import FolderMailbox
from programme.fault import Fault
from tests.jobs.stage import (
    CHASES,
    DEADLINE,
    EVE,
    REMINDER,
    YEAR,
    Stage,
    Unread,
    at,
    mail,
    service,
)

ANN, EVA = "ann@ours.example", "eve@ours.example"


def morning(stage: Stage, day: datetime) -> str:
    """The digest of a day, as one line."""
    stage.wake(day.replace(hour=8, minute=30))
    [intent] = [item for item in stage.intents("digest") if item.key.occasion == f"{day:%Y-%m-%d}"][:1]
    return " ".join(stage.letter(intent).text.split())


def test_it_goes_to_the_team_every_working_day_of_an_open_cycle_even_when_empty(year: Stage) -> None:
    day = at(21, 8, 30)
    while day <= at(25, 8, 30, month=2):
        year.wake(day)
        day += timedelta(days=1)
    days = sorted({intent.key.occasion for intent in year.intents("digest")})
    assert days[:6] == ["2020-01-20", "2020-01-21", "2020-01-22", "2020-01-23", "2020-01-24", "2020-01-27"]
    assert (days[-1], len(days)) == ("2020-02-21", 25)
    assert {intent.key.person for intent in year.intents("digest")} == {"tess", "tom"}


def test_it_says_what_goes_today_to_whom_and_how_to_stop_it(year: Stage) -> None:
    year.receive(mail(ANN, year.returned("p1"), year.returned("p2"), year.returned("p5")))
    text = morning(year, REMINDER)
    assert "09:30: the reminder to" in text
    assert "Eve Ewing, Plan 2 (all 2 rows)" in text
    assert "Fay Firth, Plan 4 (all 2 rows)" in text
    assert "To stop it, add a hold to facts.yaml before then." in text
    assert "Ann Aird, Plan" not in text


def test_tomorrow_is_the_next_working_day(year: Stage) -> None:
    """Friday 31 January says what goes on Monday 3 February."""
    text = morning(year, DEADLINE)
    assert "17:00: the deadline." in text
    assert "09:30: the review to sponsors." in text
    monday = morning(year, at(3, month=2))
    assert "09:30: chase 1 to Ann Aird" in monday


def test_yesterday_is_since_the_working_day_before(year: Stage) -> None:
    year.receive(mail(ANN, year.returned("p1")), at(24, 15))
    year.receive(mail(EVA, year.returned("p3", "social")), at(25, 15))
    year.receive(mail(EVA, year.returned("p2", "social")), at(27, 7))
    text = morning(year, at(27))
    assert "4 sent, 2 returns, 0 bounced." in text
    assert "3 sent, 1 returns, 0 bounced." in morning(year, at(28))


def test_it_says_how_many_rungs_and_who_is_told_beside_the_sponsor(year: Stage) -> None:
    year.play(DEADLINE, at(3, 9, 30, month=2), CHASES[0])
    text = morning(year, CHASES[1])
    assert "chase 2 to Ann Aird" in text
    assert "with the delegate" in text
    assert "with the escalation" in morning(year, CHASES[2])


def test_it_says_when_nobody_owes_anything(year: Stage) -> None:
    year.receive(mail(ANN, year.returned("p1"), year.returned("p2"), year.returned("p5")))
    year.receive(mail(EVA, *[year.returned(plan, "social") for plan in ("p2", "p3", "p4", "p5")]))
    assert "the reminder: nobody owes anything." in morning(year, REMINDER)


def test_it_says_who_was_left_alone_and_why(year: Stage) -> None:
    year.receive(mail(ANN, text="Is 1.2 ours?"))
    year.wake(REMINDER)
    text = morning(year, at(29))
    assert "strategic/c1/p1/care: Something from Ann Aird waits on the desk" in text
    assert "wrote without a return" in text
    assert "strategic/c1/p1/care" not in morning(year, at(30))


def test_it_says_whether_all_is_working(year: Stage) -> None:
    from jobs import configuration

    assert "Working; inbox read 08:30; configuration good." in morning(year, at(21))
    configuration.refuse(year.office, "bad", [Fault("x.yaml", 1, 1, "It is bad.", "Mend it.")], year.now)
    assert "the configuration edited on Tuesday 21 January cannot be used" in morning(year, at(22))


def test_an_inbox_that_was_never_read_is_said_so(empty: Stage) -> None:
    empty.declare(service(*YEAR))
    empty.through(Unread(empty.mailbox))
    empty.wake(EVE)
    assert "the inbox was never read to its end" in morning(empty, at(20))
    empty.through(FolderMailbox(empty.mailbox))


def test_it_says_what_comes_later(year: Stage) -> None:
    text = morning(year, at(21))
    for said in ("the deadline Fri 31 Jan", "the draft papers Wed 12 Feb", "the papers Fri 14 Feb", "meets Fri 21 Feb"):
        assert said in text


def test_before_a_holiday_tomorrow_is_the_day_after_it(year: Stage) -> None:
    off = ("strategic/holidays.yaml", "local: []\n", "local:\n  - {date: 2020-01-27, name: Council day}\n")
    year.edit(service(*YEAR, off))
    text = morning(year, at(24))
    assert "09:30: the reminder" in text
    year.wake(at(27, 8, 30))
    assert "2020-01-27" not in {intent.key.occasion for intent in year.intents("digest")}
