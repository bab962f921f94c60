"""Netlink: messages and attributes, and the families we speak; bytes <-> values, no socket."""
