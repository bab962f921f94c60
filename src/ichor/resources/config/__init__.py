"""The machine's configuration."""
