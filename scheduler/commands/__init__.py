"""One module per command; the command line only parses and dispatches."""
