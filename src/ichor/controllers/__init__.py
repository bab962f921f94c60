"""Decisions: pure functions from resources to resources or actions. No I/O, no loops, no clocks."""
