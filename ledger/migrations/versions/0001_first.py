"""The first ledger.

What a table was then must not depend on the code of now, so this is the SQL itself.
"""

from alembic import op

revision = "0001"
down_revision = None

TABLES = """
CREATE TABLE arrivals (
    id INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT,
    server_id TEXT NOT NULL,
    sha256 TEXT NOT NULL,
    message_id TEXT NOT NULL,
    received_at TEXT NOT NULL,
    stored_at TEXT NOT NULL,
    folder TEXT NOT NULL,
    item_class TEXT,
    extra_headers TEXT NOT NULL,
    cloud_links TEXT NOT NULL,
    lane TEXT,
    reason TEXT NOT NULL,
    decided_at TEXT,
    filed BOOLEAN NOT NULL,
    filed_at TEXT,
    vouched_by TEXT,
    CONSTRAINT one_arrival_per_message UNIQUE (server_id, sha256),
    CONSTRAINT filed_once_decided CHECK (NOT filed OR lane IS NOT NULL)
);

CREATE INDEX arrivals_by_lane ON arrivals (lane, filed);

CREATE INDEX arrivals_by_message_id ON arrivals (message_id);

CREATE INDEX arrivals_by_sha256 ON arrivals (sha256);

CREATE TABLE configurations (
    hash TEXT NOT NULL,
    files TEXT NOT NULL,
    kept_at TEXT NOT NULL,
    PRIMARY KEY (hash)
);

CREATE TABLE cycles_seen (
    programme TEXT NOT NULL,
    cycle TEXT NOT NULL,
    first_seen_at TEXT NOT NULL,
    PRIMARY KEY (programme, cycle)
);

CREATE TABLE events (
    id INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT,
    at TEXT NOT NULL,
    who TEXT NOT NULL,
    what TEXT NOT NULL,
    about TEXT NOT NULL,
    why TEXT NOT NULL,
    programme TEXT NOT NULL,
    cycle TEXT NOT NULL,
    detail TEXT NOT NULL
);

CREATE INDEX events_by_about ON events (about);

CREATE INDEX events_by_cycle ON events (programme, cycle);

CREATE TABLE intents (
    id INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT,
    programme TEXT NOT NULL,
    cycle TEXT NOT NULL,
    kind TEXT NOT NULL,
    person TEXT NOT NULL,
    occasion TEXT NOT NULL,
    address TEXT NOT NULL,
    subject TEXT NOT NULL,
    message_id TEXT NOT NULL,
    sha256 TEXT NOT NULL,
    decided_at TEXT NOT NULL,
    state TEXT NOT NULL,
    token TEXT,
    sending_at TEXT,
    settled_at TEXT,
    reason TEXT NOT NULL,
    about TEXT NOT NULL,
    CONSTRAINT one_intent_per_key UNIQUE (programme, cycle, kind, person, occasion),
    CONSTRAINT one_intent_per_message_id UNIQUE (message_id),
    CONSTRAINT intent_state CHECK (state IN ('decided', 'sending', 'sent', 'withdrawn', 'unknown')),
    CONSTRAINT intent_claimed CHECK (state <> 'sending' OR (token IS NOT NULL AND sending_at IS NOT NULL))
);

CREATE INDEX intents_by_person ON intents (person, sending_at);

CREATE INDEX intents_by_state ON intents (state);

CREATE TABLE keys (
    id TEXT NOT NULL,
    last_signed_at TEXT NOT NULL,
    PRIMARY KEY (id)
);

CREATE TABLE mailbox (
    id INTEGER NOT NULL CONSTRAINT one_mailbox CHECK (id = 1),
    cursor TEXT NOT NULL,
    polled_at TEXT NOT NULL,
    read_to_end_at TEXT,
    PRIMARY KEY (id)
);

CREATE TABLE meta (
    name TEXT NOT NULL,
    value TEXT NOT NULL,
    PRIMARY KEY (name)
);

CREATE TABLE refusal (
    id INTEGER NOT NULL CONSTRAINT one_refusal CHECK (id = 1),
    hash TEXT NOT NULL,
    faults TEXT NOT NULL,
    first_seen_at TEXT NOT NULL,
    PRIMARY KEY (id)
);

CREATE TABLE steps (
    programme TEXT NOT NULL,
    cycle TEXT NOT NULL,
    kind TEXT NOT NULL,
    occasion TEXT NOT NULL,
    due TEXT NOT NULL,
    settled_at TEXT NOT NULL,
    outcome TEXT NOT NULL CONSTRAINT step_outcome CHECK (outcome IN ('done', 'missed')),
    reason TEXT NOT NULL,
    PRIMARY KEY (programme, cycle, kind, occasion)
);

CREATE TABLE ticks (
    id INTEGER NOT NULL CONSTRAINT one_tick CHECK (id = 1),
    last_at TEXT,
    ahead TEXT NOT NULL,
    stopped_at TEXT,
    stopped_reason TEXT,
    PRIMARY KEY (id)
);

CREATE TABLE assignments (
    id TEXT NOT NULL,
    programme TEXT NOT NULL,
    cycle TEXT NOT NULL,
    "plan" TEXT NOT NULL,
    post TEXT NOT NULL,
    person TEXT NOT NULL,
    form TEXT NOT NULL,
    rows TEXT NOT NULL,
    policy TEXT NOT NULL,
    configuration TEXT NOT NULL,
    key_id TEXT NOT NULL,
    issued_at TEXT NOT NULL,
    deadline DATE NOT NULL,
    on_time_until TEXT NOT NULL,
    withdrawn TEXT,
    withdrawn_at TEXT,
    PRIMARY KEY (id),
    FOREIGN KEY(configuration) REFERENCES configurations (hash)
);

CREATE UNIQUE INDEX one_open_assignment ON assignments (programme, cycle, "plan", post) WHERE withdrawn IS NULL;

CREATE TABLE in_force (
    id INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT,
    hash TEXT NOT NULL,
    at TEXT NOT NULL,
    FOREIGN KEY(hash) REFERENCES configurations (hash)
);

CREATE TABLE assignment_rows (
    assignment TEXT NOT NULL,
    ref TEXT NOT NULL,
    token TEXT NOT NULL,
    answered BOOLEAN NOT NULL,
    PRIMARY KEY (assignment, ref),
    CONSTRAINT one_row_per_token UNIQUE (token),
    FOREIGN KEY(assignment) REFERENCES assignments (id)
);

CREATE TABLE decisions (
    id INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT,
    at TEXT NOT NULL,
    programme TEXT NOT NULL,
    cycle TEXT NOT NULL,
    "plan" TEXT NOT NULL,
    ref TEXT NOT NULL,
    kind TEXT NOT NULL CONSTRAINT decision_kind CHECK (kind IN ('row', 'new', 'endorsed')),
    agreed TEXT,
    revised_due DATE,
    closed BOOLEAN NOT NULL,
    deliverable TEXT NOT NULL,
    words TEXT NOT NULL,
    "by" TEXT NOT NULL
);

CREATE INDEX decisions_by_cycle ON decisions (programme, cycle);

CREATE TABLE masters (
    id INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT,
    at TEXT NOT NULL,
    programme TEXT NOT NULL,
    "plan" TEXT NOT NULL,
    sha256 TEXT NOT NULL,
    actions TEXT NOT NULL
);

CREATE INDEX masters_by_plan ON masters (programme, "plan");

CREATE TABLE desk (
    id INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT,
    opened_at TEXT NOT NULL,
    kind TEXT NOT NULL,
    reason TEXT NOT NULL,
    advice TEXT NOT NULL,
    arrival INTEGER,
    intent TEXT,
    assignment TEXT,
    closed_at TEXT,
    verdict TEXT,
    "by" TEXT,
    why TEXT,
    FOREIGN KEY(arrival) REFERENCES arrivals (id),
    FOREIGN KEY(assignment) REFERENCES assignments (id)
);

CREATE INDEX desk_by_closed_at ON desk (closed_at);

CREATE TABLE returns (
    id INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT,
    arrival INTEGER NOT NULL,
    assignment TEXT NOT NULL,
    sender TEXT NOT NULL,
    role TEXT NOT NULL,
    received_at TEXT NOT NULL,
    on_time BOOLEAN NOT NULL,
    file_name TEXT NOT NULL,
    sha256 TEXT NOT NULL,
    verdicts TEXT NOT NULL,
    fields TEXT NOT NULL,
    notes TEXT NOT NULL,
    FOREIGN KEY(arrival) REFERENCES arrivals (id),
    FOREIGN KEY(assignment) REFERENCES assignments (id)
);

CREATE INDEX returns_by_assignment ON returns (assignment, arrival);
"""


def upgrade() -> None:
    for statement in TABLES.split(";"):
        if statement.strip():
            op.execute(statement.strip())
