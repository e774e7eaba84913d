"""The addresses that the configuration takes are those that a message can be written to."""

from datetime import UTC, datetime

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from mail.compose import UnsendableLetterError, compose
from mail.letter import Letter
from programme.schema import schemas
from programme.source import Document
from programme.structure import structural_faults

# What may stand in an address, and what people type into one by mistake.
LETTERS = "aZ0.!#$%&'*+/=?^_`{|}~-\"<>,;:() \tо\u00e9\u200b"
ADDRESSES = st.builds("{}@{}".format, st.text(LETTERS, max_size=8), st.text(LETTERS, max_size=12))


def taken(address: str) -> bool:
    """Whether the configuration takes it as the service's own address."""
    settings = {
        "name": "Plans",
        "mailbox": {"system": "folder", "path": "mailbox", "address": address, "name": "Plans"},
        "ledger": "ledger.db",
        "programmes": ["updates"],
    }
    return structural_faults(Document("service.yaml", settings), "service") == []


def can_be_mailed(address: str) -> bool:
    letter = Letter(
        from_address="plans@hscp.example",
        from_name="Plans",
        to_address=address,
        to_name="Ann",
        subject="Plans",
        text="Plans",
        html="",
        date=datetime(2020, 1, 20, 9, tzinfo=UTC),
        message_id="<1@hscp.example>",
    )
    try:
        return f"<{address}>".encode() in compose(letter)
    except UnsendableLetterError:
        return False


@given(ADDRESSES)
@example("a" * 64 + "@hscp.example")
@example("o'neill+plans@mail.hscp.example")
@example("ann@" + ".".join(["a" * 61] * 4))
@example("ann@hscp.example\n")
def test_what_is_taken_can_be_mailed(address: str) -> None:
    assert not taken(address) or can_be_mailed(address)


@given(
    st.from_regex(r"[a-z0-9!#$%&'*+/=?^_`{|}~-]{1,30}(\.[A-Z0-9]{1,9}){0,3}", fullmatch=True),
    st.from_regex(r"[a-z0-9]([a-z0-9-]{0,9}[a-z0-9])?(\.[A-Z]{2,9}){1,3}", fullmatch=True),
)
def test_every_ordinary_address_is_taken_and_can_be_mailed(local: str, domain: str) -> None:
    assert taken(f"{local}@{domain}")
    assert can_be_mailed(f"{local}@{domain}")


@pytest.mark.parametrize(
    "address",
    [
        "a" * 65 + "@hscp.example",
        "a" * 300 + "@hscp.example",
        "sharon.mcalees@hscp\u00e9.example",
        "sharоn@hscp.example",
        "ann@" + "a" * 250 + ".example",
        "ann@hscp",
        "ann@-hscp.example",
        ".ann@hscp.example",
        "ann@hscp.example.",
    ],
)
def test_what_mail_systems_do_not_take_is_refused(address: str) -> None:
    assert not taken(address)


def test_people_and_the_service_have_one_rule() -> None:
    people, service = schemas()["people"]["properties"], schemas()["service"]["properties"]
    address = people["people"]["items"]["properties"]["addresses"]["items"]
    assert address["pattern"] == service["mailbox"]["properties"]["address"]["pattern"]
