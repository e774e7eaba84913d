"""When: the command line, the wiring, the clock, the triggers and the life of the process."""
