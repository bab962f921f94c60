"""Files of the system."""
