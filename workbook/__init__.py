"""Writes the forms that sponsors fill in, and reads returned ones safely."""
