"""Disks, partitions, file systems."""
