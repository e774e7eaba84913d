"""The new words of a reply."""

import time
from pathlib import Path

import pytest

from mail.quoting import mentions_attachment, new_text
from mail.reading import read

NEW = "3.2 Amber – contractor delayed\n3.3 Green – done"


@pytest.mark.parametrize(
    "below",
    [
        "\n\nOn Mon, 27 Jan 2020 at 09:00, Planning team <plans@example.gov> wrote:\n> Please return it.\n> attached",
        "\n\nOn 27 Jan 2020, at 09:00, Planning team with a long name\n<plans@example.gov> wrote:\n\n> Please.",
        "\n\nFrom: Planning team <plans@example.gov>\nSent: 27 January 2020 09:00\nTo: Morag\nSubject: x\n\nPlease.",
        "\n\n*From:* Planning team\n*Date:* Monday\n\nPlease.",
        "\n________________________________\nFrom: Planning team\nPlease.",
        "\n\n-----Original Message-----\nFrom: Planning team\nPlease.",
        "\n-- \nMorag Reid\nHead of Health",
        "\n\nSent from my iPhone",
        "\n\nGet Outlook for iOS\n\nOn Monday Planning team wrote:\nPlease.",
        "\n\nAm 27.01.2020 um 09:00 schrieb Planning team:\n> Bitte.",
        "\n> Please return it.",
        "",
    ],
)
def test_what_stands_below_is_cut(below: str) -> None:
    assert new_text(NEW + below) == NEW


def test_answers_between_quoted_lines_are_kept() -> None:
    text = "On Monday Planning team wrote:\n> 3.2 outstanding\nAmber – delayed\n> 3.3 outstanding\nGreen\n"
    assert new_text(text) == "Amber – delayed\nGreen"


def test_words_that_only_look_like_a_quote_are_kept() -> None:
    text = "On site works began.\nFrom: now on weekly.\nLe plan est prêt.\nAm pleased."
    assert new_text(text) == text


def test_the_sample_from_a_phone() -> None:
    raw = (Path(__file__).parents[1] / "data" / "mail" / "human-reply-from-phone.eml").read_bytes()
    assert new_text(read(raw).text) == "3.2 Amber – contractor delayed"


@pytest.mark.parametrize(
    "text", ["Please see attached.", "Form enclosed", "PFA", "Please find my return", "2 attachments"]
)
def test_words_that_speak_of_a_file(text: str) -> None:
    assert mentions_attachment(text)


@pytest.mark.parametrize("text", ["", "3.2 Amber – delayed", "No change", "We detached the unit"])
def test_words_that_do_not(text: str) -> None:
    assert not mentions_attachment(text)


@pytest.mark.parametrize("line", ["On x\n", "On a wrote:\n", "> > >\n", "From: x\n", "_" * 60 + "\n", "\n", "-----"])
def test_long_texts_are_cut_quickly(line: str) -> None:
    begin = time.process_time()
    assert len(new_text(line * 100_000)) <= 200_000
    assert time.process_time() - begin < 3
