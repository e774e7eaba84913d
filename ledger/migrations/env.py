"""Alembic runs this file: it migrates on the transaction that it was given."""

from alembic import context

from ledger.schema import metadata

context.configure(connection=context.config.attributes["entry"], target_metadata=metadata, render_as_batch=True)
with context.begin_transaction():
    context.run_migrations()
