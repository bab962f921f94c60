"""Disks, volumes, mounts, swap."""
