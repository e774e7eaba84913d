"""Words only: a folder per message, and the papers."""
