"""What the service does: a module per job, on a pure core that decides what is due and what it means."""
