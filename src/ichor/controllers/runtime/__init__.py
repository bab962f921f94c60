"""The machine itself: its services, its status, its API."""
