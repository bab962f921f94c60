"""Frozen specs of what the OS knows, one file per noun, one folder per domain."""
