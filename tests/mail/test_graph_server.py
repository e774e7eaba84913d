"""The loopback Graph server refuses what the documentation does not describe: else it would prove nothing."""

from base64 import b64encode
from collections.abc import Iterator
from pathlib import Path

import pytest
import requests

from tests.servers.graph_login import CLIENT, SECRET, TENANT
from tests.servers.graph_stage import ADDRESS, NOON, Stage, incoming, letter, staged

IMMUTABLE = {"Prefer": 'IdType="ImmutableId"'}


@pytest.fixture
def stage(tmp_path: Path) -> Iterator[Stage]:
    with staged(tmp_path) as opened:
        opened.server.login.valid.add("t")
        yield opened


def ask(stage: Stage, method: str, path: str, body: bytes = b"", **headers: str) -> requests.Response:
    named = {"Authorization": "Bearer t", **IMMUTABLE} | {
        name.replace("_", "-"): each for name, each in headers.items()
    }
    with requests.Session() as session:
        url = f"{stage.server.url}/v1.0/users/{ADDRESS}{path}"
        return session.request(method, url, headers=named, data=body, timeout=10, verify=str(stage.server.ca_bundle))


@pytest.mark.parametrize(
    "path",
    [
        "/messages/x?$select=id,shoeSize", "/messages/x?$expand=attachments", "/messages/x?$top=5", "/messages",
        "/mailFolders/inbox/messages?$filter=subject%20eq%20'x'", "/mailFolders/inbox/messages?$top=0",
        "/mailFolders/inbox/messages?$top=1001", "/mailFolders/inbox/messages?$orderby=subject",
        "/mailFolders/inbox/messages?$filter=receivedDateTime+ge+2020-01-31T12:00:00Z",
        "/mailFolders/inbox/messages?$filter=receivedDateTime%20ge%20'2020-01-31'",
        "/mailFolders/inbox/messages?$filter=internetMessageId%20eq%20'a'&$orderby=receivedDateTime%20asc",
        "/mailFolders/inbox?$count=true", "/mailFolders?$filter=displayName%20ne%20'x'", "/events", "/mailFolders/x/y",
    ],
)  # fmt: skip
def test_an_unknown_or_malformed_question_is_refused(stage: Stage, path: str) -> None:
    stage.state.deliver(incoming(1), NOON)
    answer = ask(stage, "GET", path)
    assert answer.status_code == 400
    assert answer.json()["error"]["code"]


def test_a_request_without_token_or_without_immutable_ids_is_refused(stage: Stage) -> None:
    assert ask(stage, "GET", "/mailFolders/inbox").status_code == 200
    assert ask(stage, "GET", "/mailFolders/inbox", Prefer="").status_code == 400
    assert ask(stage, "GET", "/mailFolders/inbox", Authorization="Bearer u").status_code == 401
    assert ask(stage, "GET", "/mailFolders/inbox", Authorization="Basic t").status_code == 401


@pytest.mark.parametrize(
    ("path", "body", "kind", "status"),
    [
        ("/messages", letter(), "text/plain", 400),
        ("/messages", b64encode(b"no header"), "text/plain", 400),
        ("/messages", b64encode(letter()), "message/rfc822", 400),
        ("/messages", b"A" * (4 * 1024 * 1024 + 4), "text/plain", 413),
        ("/messages", b'{"colour": "red"}', "application/json", 400),
        ("/mailFolders", b'{"displayName": "Inbox"}', "application/json", 409),
        ("/mailFolders", b'{"displayName": "x"}', "text/plain", 400),
        ("/messages/x/move", b'{"destinationId": "inbox"}', "application/json", 404),
    ],
)
def test_a_body_that_is_not_as_documented_is_refused(
    stage: Stage, path: str, body: bytes, kind: str, status: int
) -> None:
    assert ask(stage, "POST", path, body, Content_Type=kind).status_code == status


def test_a_draft_can_be_made_from_json_and_only_a_draft_can_be_sent(stage: Stage) -> None:
    body = (
        b'{"subject": "x", "body": {"content": "y"}, "internetMessageId": "<j@example.gov>",'
        b' "toRecipients": [{"emailAddress": {"address": "a@example.org"}}]}'
    )
    made = ask(stage, "POST", "/messages", body, Content_Type="application/json").json()
    assert (made["isDraft"], made["internetMessageId"]) == (True, "<j@example.gov>")
    path = f"/messages/{made['id']}"
    assert ask(stage, "POST", f"{path}/send", b"x").status_code == 400
    assert ask(stage, "POST", f"{path}/send").status_code == 202
    assert ask(stage, "POST", f"{path}/send").status_code == 400
    assert (
        ask(stage, "POST", f"{path}/attachments", b'{"name": "x"}', Content_Type="application/json").status_code == 400
    )
    assert b"<j@example.gov>" in stage.state.sent[0]
    nobody = b'{"subject": "to nobody", "body": {"content": "y"}}'
    made = ask(stage, "POST", "/messages", nobody, Content_Type="application/json").json()
    assert ask(stage, "POST", f"/messages/{made['id']}/send").json()["error"]["code"] == "ErrorInvalidRecipients"


def test_the_31st_message_of_a_minute_is_refused(stage: Stage) -> None:
    statuses = []
    for number in range(31):
        made = ask(stage, "POST", "/messages", b64encode(letter(number)), Content_Type="text/plain").json()
        statuses.append(ask(stage, "POST", f"/messages/{made['id']}/send").status_code)
    assert statuses == [202] * 30 + [429]


def test_an_upload_goes_in_order_with_its_address_alone(stage: Stage) -> None:
    made = ask(stage, "POST", "/messages", b64encode(letter()), Content_Type="text/plain").json()
    path = f"/messages/{made['id']}/attachments"

    def session(size: int) -> requests.Response:
        item = b'{"AttachmentItem": {"attachmentType": "file", "name": "a", "contentType": "x/y", "size": %d}}' % size
        return ask(stage, "POST", f"{path}/createUploadSession", item, Content_Type="application/json")

    assert session(3 * 1024 * 1024 - 1).json()["error"]["code"] == "ErrorAttachmentSizeShouldNotBeLessThanMinimumSize"
    url = session(4_000_000).json()["uploadUrl"]

    def put(where: str, start: int, size: int, **more: str) -> int:
        kind = {
            "Content-Type": "application/octet-stream",
            "Content-Range": f"bytes {start}-{start + size - 1}/4000000",
        }
        with requests.Session() as opened:
            return opened.put(
                where, bytes(size), headers=kind | more, timeout=10, verify=str(stage.server.ca_bundle)
            ).status_code

    assert put(f"{url}x", 0, 1_000) == 401
    assert put(url, 0, 1_000, Authorization="Bearer t") == 401
    assert put(url, 1_000, 1_000) == 416
    assert put(url, 0, 1_000, **{"Content-Range": "bytes 0-999/5000"}) == 400
    assert put(url, 0, 2_000_000) == 200
    assert put(url, 0, 2_000_000) == 416
    assert put(url, 2_000_000, 2_000_000) == 201
    assert put(url, 0, 1_000) == 404
    assert len(stage.state.items[made["id"]].files[0].content) == 4_000_000


@pytest.mark.parametrize(
    ("form", "code"),
    [
        ({"grant_type": "password"}, 70003),
        ({"scope": "https://elsewhere/.default"}, 70011),
        ({"client_secret": "x"}, 7000215),
        ({"client_id": "x"}, 700016),
    ],
)
def test_the_sign_in_takes_only_what_it_knows(stage: Stage, form: dict[str, str], code: int) -> None:
    right = {
        "grant_type": "client_credentials",
        "client_id": CLIENT,
        "client_secret": SECRET,
        "scope": f"{stage.server.url}/.default",
    }
    url = f"{stage.server.url}/{TENANT}/oauth2/v2.0/token"
    answer = requests.post(url, data=right | form, timeout=10, verify=str(stage.server.ca_bundle))
    assert answer.json()["error_codes"] == [code]
    assert "access_token" in requests.post(url, data=right, timeout=10, verify=str(stage.server.ca_bundle)).json()
