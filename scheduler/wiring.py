"""The one place that names adapters and puts the rooms together."""

import os
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Any

from mail.folder import FolderMailbox
from mail.port import Mailbox, TransientMailboxError
from programme.service import MailboxSettings, Service
from scheduler.places import beside
from scheduler.secret import MAILBOX, SecretError, mailbox_secret, secret

if TYPE_CHECKING:
    from mail.imap_settings import Endpoint
    from mail.reaching import Server


@dataclass(frozen=True, slots=True)
class Opening:
    """What a mailbox is opened with: its settings, the folder that relative paths start from, and the environment.

    Secrets are read from the environment by whoever needs one, and are kept nowhere here.
    """

    settings: MailboxSettings
    folder: Path
    environment: Mapping[str, str]

    def __repr__(self) -> str:
        return f"Opening({self.settings!r})"

    def path(self, name: str) -> Path | None:
        """A setting that names a file; None where it is left out."""
        found = self.settings.options.get(name)
        return self.folder / str(found) if found else None

    def under(self, name: str) -> dict[str, Any]:
        """The settings inside another one."""
        within = f"{name}."
        return {
            key.removeprefix(within): value for key, value in self.settings.options.items() if key.startswith(within)
        }

    def plain(self, *apart: str) -> dict[str, Any]:
        """The settings that an adapter takes by the same name and as they stand, but for those set apart."""
        options = self.settings.options
        return {key: value for key, value in options.items() if "." not in key and key not in apart}


def _exchange(opening: Opening) -> Mailbox:
    from mail.exchange import ExchangeMailbox, ExchangeSettings

    given = {"endpoint": "", **opening.plain("ca_bundle")}
    settings = ExchangeSettings(address=opening.settings.address, ca_bundle=opening.path("ca_bundle"), **given)
    return ExchangeMailbox(settings, mailbox_secret(opening.environment, "exchange"))


def _graph(opening: Opening) -> Mailbox:
    from mail.graph import GraphMailbox
    from mail.graph_settings import Endpoints, GraphSettings
    from scheduler.running import utc_now

    certificate, endpoints = opening.path("certificate"), opening.under("endpoints")
    expires = opening.settings.options.get("secret_expires")
    settings = GraphSettings(
        address=opening.settings.address,
        certificate=certificate,
        endpoints=Endpoints(**endpoints) if endpoints else None,
        ca_bundle=opening.path("ca_bundle"),
        secret_expires=date.fromisoformat(str(expires)) if expires else None,
        **opening.plain("certificate", "ca_bundle", "secret_expires"),
    )
    # With a certificate it is the passphrase of its key, which need not have one.
    given = secret(opening.environment, MAILBOX) if certificate else mailbox_secret(opening.environment, "graph")
    return GraphMailbox(settings, given or "", utc_now)


def _imap(opening: Opening) -> Mailbox:
    from mail.imap import ImapMailbox
    from mail.imap_settings import FolderNames, ImapSettings

    settings = ImapSettings(
        address=opening.settings.address,
        imap=_endpoint(opening, "incoming"),
        smtp=_endpoint(opening, "outgoing"),
        ca_bundle=opening.path("ca_bundle"),
        folders=FolderNames(**opening.under("folders")),
        **opening.plain("ca_bundle"),
    )
    mailbox_secret(opening.environment, "imap")
    return ImapMailbox(settings, lambda: _renewed(opening.environment))


def _endpoint(opening: Opening, name: str) -> "Endpoint":
    from mail.imap_settings import Endpoint

    return Endpoint(**opening.under(name))


def _renewed(environment: Mapping[str, str]) -> str:
    """The secret at a later sign-in: whatever renews a token may be writing its file just now."""
    try:
        return mailbox_secret(environment, "imap")
    except SecretError as missing:
        raise TransientMailboxError(str(missing)) from None


ADAPTERS: Mapping[str, Callable[[Opening], Mailbox]] = {
    "folder": lambda opening: FolderMailbox(opening.folder / opening.settings.path),
    "exchange": _exchange,
    "graph": _graph,
    "imap": _imap,
}


def open_mailbox(service: Service, config: Path, environment: Mapping[str, str] = os.environ) -> Mailbox:
    """The mailbox that the configuration names; a relative path is taken from beside the configuration folder.

    Nothing is asked of it yet. Raises SecretError where its secret is missing, PermanentMailboxError where its
    settings can never work.
    """
    return ADAPTERS[service.mailbox.system](Opening(service.mailbox, beside(config), environment))


def _web_servers(opening: Opening) -> "tuple[Server, ...]":
    """The servers of exchange and graph, by their addresses; of two that are one, the first."""
    from mail.graph_settings import CLOUDS, Endpoints
    from mail.reaching import web_server

    settings, options = opening.settings, opening.settings.options
    if settings.system == "exchange":
        # Where autodiscovery is to find it, signing in is the first step that can be tried.
        urls = {"Exchange": str(options["endpoint"])} if "endpoint" in options else {}
        if options.get("auth") == "oauth":
            urls["sign-in"] = str(options.get("authority", "https://login.microsoftonline.com"))
    else:
        endpoints = opening.under("endpoints")
        where = Endpoints(**endpoints) if endpoints else CLOUDS[str(options.get("cloud", "global"))]
        urls = {"sign-in": where.login, "Graph": where.graph}
    bundle = opening.path("ca_bundle")
    return tuple(web_server(purpose, url, bundle) for purpose, url in urls.items())


def _mail_servers(opening: Opening) -> "tuple[Server, ...]":
    from mail.reaching import Server

    bundle, endpoints = opening.path("ca_bundle"), {"reading": "incoming", "sending": "outgoing"}
    return tuple(Server(purpose, **opening.under(name), ca_bundle=bundle) for purpose, name in endpoints.items())


SERVERS: Mapping[str, "Callable[[Opening], tuple[Server, ...]]"] = {
    "folder": lambda _: (),
    "exchange": _web_servers,
    "graph": _web_servers,
    "imap": _mail_servers,
}


def servers(service: Service, config: Path) -> "tuple[Server, ...]":
    """The servers that the mailbox must reach: none for a folder."""
    return SERVERS[service.mailbox.system](Opening(service.mailbox, beside(config), {}))
