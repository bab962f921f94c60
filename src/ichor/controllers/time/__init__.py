"""Clocks: whether the time is right."""
