"""The query options that the loopback Graph server understands; every other one is refused, as Graph does."""

import re
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any, Protocol
from urllib.parse import quote, unquote

from tests.servers.graph_wire import RefusedRequest, Request

_KNOWN = frozenset(
    {
        "id", "receivedDateTime", "lastModifiedDateTime", "isDraft", "parentFolderId", "internetMessageId", "subject",
        "hasAttachments", "internetMessageHeaders", "displayName", "totalItemCount", "name", "contentType", "size",
        "isInline",
    }
)  # fmt: skip
_EXPAND = re.compile(r"singleValueExtendedProperties\(\$filter=id eq '(?:Integer 0x0E07|String 0x001A)'\)")
_BY_ID = re.compile(r"internetMessageId eq '((?:[^']|'')+)'")
_BY_DATE = re.compile(r"receivedDateTime (ge|lt) (\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ)")


class Filterable(Protocol):
    received_at: datetime

    def header(self, name: str) -> str: ...


class Query(dict[str, str]):
    """The options of one request."""

    def matches(self, item: Filterable) -> bool:
        wanted = self.get("$filter")
        if wanted is None:
            return True
        by_id, by_date = _BY_ID.fullmatch(wanted), _BY_DATE.fullmatch(wanted)
        if by_id:
            return item.header("Message-ID") == by_id[1].replace("''", "'")
        if by_date:
            edge = datetime.strptime(by_date[2], "%Y-%m-%dT%H:%M:%SZ").replace(tzinfo=UTC)
            return item.received_at >= edge if by_date[1] == "ge" else item.received_at < edge
        raise RefusedRequest(400, "ErrorInvalidUrlQueryFilter", f"The filter {wanted!r} is not understood.")

    def next_page(self, skip: int) -> str:
        options = {**self, "$skip": str(skip)}
        return "&".join(f"{name}={quote(value)}" for name, value in options.items())


def query_of(request: Request, allowed: set[str]) -> Query:
    """The options, each checked."""
    query = Query()
    for pair in filter(None, request.query.split("&")):
        name, _, value = pair.partition("=")
        if name not in allowed or name in query or "+" in value or re.search(r"[^!-~]", value):
            raise RefusedRequest(400, "BadRequest", f"The query option {pair!r} is not allowed here.")
        query[name] = unquote(value, errors="strict")
    if not set(filter(None, query.get("$select", "").split(","))) <= _KNOWN:
        raise RefusedRequest(400, "BadRequest", f"$select={query['$select']} names an unknown property.")
    if "$expand" in query and not _EXPAND.fullmatch(query["$expand"]):
        raise RefusedRequest(400, "BadRequest", f"$expand={query['$expand']} is not understood.")
    for name, most in (("$top", 1000), ("$skip", 10**6)):
        if name in query and not (query[name].isdigit() and 0 < int(query[name]) <= most):
            raise RefusedRequest(400, "BadRequest", f"{name} must be from 1 to {most}.")
    return query


def selected(facts: Mapping[str, Any], query: Mapping[str, str]) -> dict[str, Any]:
    """What was asked for; the id and the type come always."""
    wanted = query.get("$select")
    if not wanted:
        return dict(facts)
    kept = {"id", "@odata.type", *wanted.split(",")}
    return {name: value for name, value in facts.items() if name in kept}
