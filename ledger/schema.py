"""The tables. A change here is a migration too: migrated equals fresh, and a test says so."""

from sqlalchemy import (
    Boolean,
    CheckConstraint,
    Column,
    Connection,
    Date,
    ForeignKey,
    Index,
    Integer,
    MetaData,
    PrimaryKeyConstraint,
    String,
    Table,
    UniqueConstraint,
    text,
)

from ledger.columns import Facts, Instant, Words

Entry = Connection
"""A transaction or a snapshot, as every function of this room takes it first."""

REMEMBERED = "remembered"
"""Where a snapshot's connection keeps what no later commit can change (``Entry.info``); a transaction keeps nothing."""

REVISIONS = ("0001",)
"""Every revision of the schema, oldest first; a test holds it against the migrations."""

metadata = MetaData()

alembic_version = Table(
    "alembic_version",
    metadata,
    Column("version_num", String(32), nullable=False),
    PrimaryKeyConstraint("version_num", name="alembic_version_pkc"),
)

meta = Table(
    "meta",
    metadata,
    Column("name", Words, primary_key=True),
    Column("value", Words, nullable=False),
)

configurations = Table(
    "configurations",
    metadata,
    Column("hash", Words, primary_key=True),
    Column("files", Facts, nullable=False),
    Column("kept_at", Instant, nullable=False),
)

# Every change of what is in force is a row, so that the history says what held when.
in_force = Table(
    "in_force",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("hash", ForeignKey("configurations.hash"), nullable=False),
    Column("at", Instant, nullable=False),
    sqlite_autoincrement=True,
)

refusal = Table(
    "refusal",
    metadata,
    Column("id", Integer, CheckConstraint("id = 1", name="one_refusal"), primary_key=True),
    Column("hash", Words, nullable=False),
    Column("faults", Words, nullable=False),
    Column("first_seen_at", Instant, nullable=False),
)

cycles_seen = Table(
    "cycles_seen",
    metadata,
    Column("programme", Words, primary_key=True),
    Column("cycle", Words, primary_key=True),
    Column("first_seen_at", Instant, nullable=False),
)

steps = Table(
    "steps",
    metadata,
    Column("programme", Words, primary_key=True),
    Column("cycle", Words, primary_key=True),
    Column("kind", Words, primary_key=True),
    Column("occasion", Words, primary_key=True),
    Column("due", Instant, nullable=False),
    Column("settled_at", Instant, nullable=False),
    Column("outcome", Words, CheckConstraint("outcome IN ('done', 'missed')", name="step_outcome"), nullable=False),
    Column("reason", Words, nullable=False),
)

assignments = Table(
    "assignments",
    metadata,
    Column("id", Words, primary_key=True),
    Column("programme", Words, nullable=False),
    Column("cycle", Words, nullable=False),
    Column("plan", Words, nullable=False),
    Column("post", Words, nullable=False),
    Column("person", Words, nullable=False),
    Column("form", Words, nullable=False),
    Column("rows", Facts, nullable=False),
    Column("policy", Words, nullable=False),
    Column("configuration", ForeignKey("configurations.hash"), nullable=False),
    Column("key_id", Words, nullable=False),
    Column("issued_at", Instant, nullable=False),
    Column("deadline", Date, nullable=False),
    Column("on_time_until", Instant, nullable=False),
    Column("withdrawn", Words),
    Column("withdrawn_at", Instant),
)

# A successor gets a new assignment only once the old one is withdrawn.
Index(
    "one_open_assignment",
    assignments.c.programme,
    assignments.c.cycle,
    assignments.c.plan,
    assignments.c.post,
    unique=True,
    sqlite_where=text("withdrawn IS NULL"),
)

# ``answered`` turns true with the first accepted verdict: how far a return is, without folding.
assignment_rows = Table(
    "assignment_rows",
    metadata,
    Column("assignment", ForeignKey("assignments.id"), primary_key=True),
    Column("ref", Words, primary_key=True),
    Column("token", Words, nullable=False),
    Column("answered", Boolean, nullable=False),
    UniqueConstraint("token", name="one_row_per_token"),
)

intents = Table(
    "intents",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("programme", Words, nullable=False),
    Column("cycle", Words, nullable=False),
    Column("kind", Words, nullable=False),
    Column("person", Words, nullable=False),
    Column("occasion", Words, nullable=False),
    Column("address", Words, nullable=False),
    Column("subject", Words, nullable=False),
    Column("message_id", Words, nullable=False),
    Column("sha256", Words, nullable=False),
    Column("decided_at", Instant, nullable=False),
    Column("state", Words, nullable=False),
    Column("token", Words),
    Column("sending_at", Instant),
    Column("settled_at", Instant),
    Column("reason", Words, nullable=False),
    Column("about", Facts, nullable=False),
    UniqueConstraint("programme", "cycle", "kind", "person", "occasion", name="one_intent_per_key"),
    UniqueConstraint("message_id", name="one_intent_per_message_id"),
    CheckConstraint("state IN ('decided', 'sending', 'sent', 'withdrawn', 'unknown')", name="intent_state"),
    CheckConstraint("state <> 'sending' OR (token IS NOT NULL AND sending_at IS NOT NULL)", name="intent_claimed"),
    sqlite_autoincrement=True,
)
Index("intents_by_state", intents.c.state)
Index("intents_by_person", intents.c.person, intents.c.sending_at)

arrivals = Table(
    "arrivals",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("server_id", Words, nullable=False),
    Column("sha256", Words, nullable=False),
    Column("message_id", Words, nullable=False),
    Column("received_at", Instant, nullable=False),
    Column("stored_at", Instant, nullable=False),
    Column("folder", Words, nullable=False),
    Column("item_class", Words),
    Column("extra_headers", Facts, nullable=False),
    Column("cloud_links", Facts, nullable=False),
    Column("lane", Words),
    Column("reason", Words, nullable=False),
    Column("decided_at", Instant),
    Column("filed", Boolean, nullable=False),
    Column("filed_at", Instant),
    Column("vouched_by", Words),
    UniqueConstraint("server_id", "sha256", name="one_arrival_per_message"),
    CheckConstraint("NOT filed OR lane IS NOT NULL", name="filed_once_decided"),
    sqlite_autoincrement=True,
)
Index("arrivals_by_lane", arrivals.c.lane, arrivals.c.filed)
Index("arrivals_by_sha256", arrivals.c.sha256)
Index("arrivals_by_message_id", arrivals.c.message_id)

mailbox = Table(
    "mailbox",
    metadata,
    Column("id", Integer, CheckConstraint("id = 1", name="one_mailbox"), primary_key=True),
    Column("cursor", Words, nullable=False),
    Column("polled_at", Instant, nullable=False),
    Column("read_to_end_at", Instant),
)

returns = Table(
    "returns",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("arrival", ForeignKey("arrivals.id"), nullable=False),
    Column("assignment", ForeignKey("assignments.id"), nullable=False),
    Column("sender", Words, nullable=False),
    Column("role", Words, nullable=False),
    Column("received_at", Instant, nullable=False),
    Column("on_time", Boolean, nullable=False),
    Column("file_name", Words, nullable=False),
    Column("sha256", Words, nullable=False),
    Column("verdicts", Facts, nullable=False),
    Column("fields", Facts, nullable=False),
    Column("notes", Facts, nullable=False),
    sqlite_autoincrement=True,
)
Index("returns_by_assignment", returns.c.assignment, returns.c.arrival)

# What a group decided; the newest word on a row counts, and none is ever changed.
decisions = Table(
    "decisions",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("at", Instant, nullable=False),
    Column("programme", Words, nullable=False),
    Column("cycle", Words, nullable=False),
    Column("plan", Words, nullable=False),
    Column("ref", Words, nullable=False),
    Column("kind", Words, CheckConstraint("kind IN ('row', 'new', 'endorsed')", name="decision_kind"), nullable=False),
    Column("agreed", Words),
    Column("revised_due", Date),
    Column("closed", Boolean, nullable=False),
    Column("deliverable", Words, nullable=False),
    Column("words", Words, nullable=False),
    Column("by", Words, nullable=False),
    sqlite_autoincrement=True,
)
Index("decisions_by_cycle", decisions.c.programme, decisions.c.cycle)

# The plan workbooks that the team keeps in Excel, as they were read; the newest of a plan counts.
masters = Table(
    "masters",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("at", Instant, nullable=False),
    Column("programme", Words, nullable=False),
    Column("plan", Words, nullable=False),
    Column("sha256", Words, nullable=False),
    Column("actions", Facts, nullable=False),
    sqlite_autoincrement=True,
)
Index("masters_by_plan", masters.c.programme, masters.c.plan)

desk = Table(
    "desk",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("opened_at", Instant, nullable=False),
    Column("kind", Words, nullable=False),
    Column("reason", Words, nullable=False),
    Column("advice", Words, nullable=False),
    Column("arrival", ForeignKey("arrivals.id")),
    Column("intent", Words),
    Column("assignment", ForeignKey("assignments.id")),
    Column("closed_at", Instant),
    Column("verdict", Words),
    Column("by", Words),
    Column("why", Words),
    sqlite_autoincrement=True,
)
Index("desk_by_closed_at", desk.c.closed_at)

events = Table(
    "events",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("at", Instant, nullable=False),
    Column("who", Words, nullable=False),
    Column("what", Words, nullable=False),
    Column("about", Words, nullable=False),
    Column("why", Words, nullable=False),
    Column("programme", Words, nullable=False),
    Column("cycle", Words, nullable=False),
    Column("detail", Facts, nullable=False),
    sqlite_autoincrement=True,
)
Index("events_by_about", events.c.about)
Index("events_by_cycle", events.c.programme, events.c.cycle)

ticks = Table(
    "ticks",
    metadata,
    Column("id", Integer, CheckConstraint("id = 1", name="one_tick"), primary_key=True),
    Column("last_at", Instant),
    Column("ahead", Facts, nullable=False),
    Column("stopped_at", Instant),
    Column("stopped_reason", Words),
)

keys = Table(
    "keys",
    metadata,
    Column("id", Words, primary_key=True),
    Column("last_signed_at", Instant, nullable=False),
)
