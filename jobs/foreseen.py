"""What will stop the mailbox in the next weeks: told to the team once a week for as long as it stands."""

import hashlib
import re
from datetime import datetime

from jobs.alert import raise_alert
from jobs.office import Office
from ledger import events
from mail.port import Foreseeing, MailboxError

TITLE = "The mailbox will stop working"


def warn_of_mailbox(office: Office, now: datetime) -> None:
    """An alert for each thing that the mailbox foresees, at most one a week for the same."""
    try:
        foreseen = office.mailbox.warnings() if isinstance(office.mailbox, Foreseeing) else ()
    except MailboxError:
        return  # the next call of the mailbox meets the same trouble, and tells it
    for warning in foreseen:
        week = now.isocalendar()
        occasion = f"mailbox {_name(warning)} {week.year}-W{week.week:02}"
        with office.ledger.transaction() as entry:
            if not events.recent(entry, 1, about=occasion):
                advice = "plancycle mailbox check shows whether it is mended."
                raise_alert(office, entry, occasion, TITLE, (warning, advice), now)


def _name(warning: str) -> str:
    """The same from day to day: the days that are left are not a part of it."""
    return hashlib.sha256(re.sub(r"[0-9]+ days?", "", warning).encode()).hexdigest()[:8]
