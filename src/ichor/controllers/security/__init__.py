"""Which images are taken."""
