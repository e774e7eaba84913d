"""Requests, replies and faults of the loopback Graph server."""

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any
from urllib.parse import unquote


@dataclass(frozen=True)
class Request:
    method: str
    path: str
    query: str
    headers: Mapping[str, str]
    body: bytes


@dataclass(frozen=True)
class Reply:
    status: int
    body: bytes = b""
    headers: Mapping[str, str] = field(default_factory=dict)
    kind: str = "application/json"


class RefusedRequest(Exception):  # noqa: N818
    """Answered with an error body as Graph writes it."""

    def __init__(self, status: int, code: str, message: str, **headers: str) -> None:
        super().__init__(f"{status} {code}: {message}")
        error = {"code": code, "message": message, "innerError": {"date": "2020-01-31T12:00:00", "request-id": "0"}}
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        self.reply = Reply(status, json.dumps({"error": error}).encode(), named)


class Trouble(StrEnum):
    """What can go wrong with one request."""

    CUT_BEFORE = "the connection is cut before the request is carried out"
    CUT_AFTER = "cut after the request was carried out, before the answer"
    CUT_MID = "cut in the middle of the answer"
    THROTTLED = "429 with Retry-After"
    THROTTLED_SILENTLY = "429 without Retry-After"
    BUSY = "503 with Retry-After"
    BROKEN = "500"
    SLOW = "carried out, but the answer never comes"
    DRIPPING = "carried out, but the answer comes a byte at a time and never ends"
    MALFORMED = "carried out, but the answer is not what it says"
    SAYS_NOTHING = "carried out, but the answer is an empty object"
    PROXY_PAGE = "200 with the page of a proxy"
    UNAUTHORIZED = "401: the access token is not taken any more"
    GONE = "404: somebody deleted it a moment ago"
    UNCONVERTIBLE = "400: the server cannot write the message as MIME"

    @property
    def carried_out(self) -> bool:
        return self in (
            Trouble.CUT_AFTER,
            Trouble.CUT_MID,
            Trouble.SLOW,
            Trouble.DRIPPING,
            Trouble.MALFORMED,
            Trouble.SAYS_NOTHING,
        )


@dataclass
class Fault:
    """Strikes the matching requests from the ``skip``-th on, ``times`` times."""

    trouble: Trouble
    on: str = ".*"
    skip: int = 0
    times: int = 1

    def strikes(self, request: Request) -> bool:
        if not re.search(self.on, f"{request.method} {unquote(request.path)}") or self.times == 0:
            return False
        if self.skip:
            self.skip -= 1
            return False
        self.times -= 1
        return True


def refusal(trouble: Trouble) -> Reply:
    """The answer to a request that was not carried out."""
    if trouble is Trouble.PROXY_PAGE:
        return Reply(200, b"<html>Please accept the terms: of use</html>", kind="text/html")
    busy: dict[Trouble, tuple[int, str, dict[str, str]]] = {
        Trouble.THROTTLED: (429, "ApplicationThrottled", {"Retry_After": "90"}),
        Trouble.THROTTLED_SILENTLY: (429, "TooManyRequests", {}),
        Trouble.BUSY: (503, "ErrorServerBusy", {"Retry_After": "20"}),
        Trouble.BROKEN: (500, "ErrorInternalServerError", {}),
        Trouble.GONE: (404, "ErrorItemNotFound", {}),
        Trouble.UNCONVERTIBLE: (400, "ErrorMimeContentConversionFailed", {}),
        Trouble.UNAUTHORIZED: (401, "InvalidAuthenticationToken", {}),
    }
    status, code, headers = busy[trouble]
    return RefusedRequest(status, code, "As the test wanted it.", **headers).reply


def written(value: Any, status: int = 200, **headers: str) -> Reply:
    return Reply(status, json.dumps(value).encode(), headers)
