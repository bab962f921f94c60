"""The configuration decoded, and what follows from it alone."""
