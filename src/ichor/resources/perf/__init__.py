"""Counters of load."""
