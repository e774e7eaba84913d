"""Mailboxes: the port, an adapter per system, composing and reading messages; knows nothing of plans."""
