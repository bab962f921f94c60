"""The link to a fleet manager."""
