"""Platforms: what each is asked for, and how its answer reads. No I/O here but by who runs it."""
