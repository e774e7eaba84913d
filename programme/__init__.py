"""What was declared and what follows from it: frozen values, the YAML loader, the calendar and the row rules."""
