"""How an older ledger becomes a newer one, a revision at a time."""
