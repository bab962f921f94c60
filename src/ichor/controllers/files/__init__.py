"""Files of the system that differ between machines."""
