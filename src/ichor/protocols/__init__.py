"""Bytes in flight to values and back, as state machines without I/O: netlink, DNS, HTTP."""
