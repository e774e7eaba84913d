"""The guide says what the adapter does."""

from dataclasses import fields
from pathlib import Path

import pytest

from mail.graph import GraphMailbox
from mail.graph_drafts import MIME_LIMIT, SESSION_FROM
from mail.graph_faults import _SIGN_INS
from mail.graph_pace import BUSY_FOR, LONGEST_WAIT, SENDS, THROTTLED_FOR, UPLOADED
from mail.graph_send import AT_WORK
from mail.graph_settings import CLOUDS, WARN_BEFORE, GraphSettings
from mail.graph_window import OLDER, OVERLAP
from mail.graph_wire import PATIENCE

GUIDE = (Path(__file__).parents[2] / "docs" / "graph.md").read_text("utf-8")


@pytest.mark.parametrize("name", [field.name for field in fields(GraphSettings)])
def test_every_setting_is_explained(name: str) -> None:
    assert f"`{name}`" in GUIDE


@pytest.mark.parametrize("cloud", CLOUDS)
def test_every_cloud_is_listed_with_its_addresses(cloud: str) -> None:
    (row,) = [line for line in GUIDE.splitlines() if line.startswith(f"| `{cloud}`") and "login" in line]
    assert CLOUDS[cloud].login.removeprefix("https://") in row
    assert CLOUDS[cloud].graph.removeprefix("https://") in row


def test_the_numbers_are_those_of_the_code() -> None:
    assert f"{SENDS} messages a minute and {UPLOADED // 1_000_000} MB in five minutes" in GUIDE
    assert f"up to {MIME_LIMIT / 1_000_000:.1f} MB goes in one request" in GUIDE
    assert SESSION_FROM // 1024 // 1024 == 3
    assert (AT_WORK.total_seconds(), "ten minutes by the server's clock" in GUIDE) == (600, True)
    assert (WARN_BEFORE.days, "from six weeks before" in GUIDE) == (42, True)
    assert (THROTTLED_FOR.total_seconds(), BUSY_FOR.total_seconds(), LONGEST_WAIT.total_seconds()) == (300, 60, 3600)
    assert (OVERLAP.days, f"{OLDER:,} older ones" in GUIDE) == (1, True)
    assert (PATIENCE, GraphSettings("", "", "").timeout) == (4, 30)
    assert f"above {GraphMailbox.message_limit // 1024 // 1024} MiB" in GUIDE


def test_the_codes_in_the_guide_are_known_to_the_adapter() -> None:
    named = {word.strip("|,: ").removeprefix("AADSTS") for word in GUIDE.split() if word.startswith("AADSTS")}
    assert len(named) > 5
    assert named <= set(_SIGN_INS)
