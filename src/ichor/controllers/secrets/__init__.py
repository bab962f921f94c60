"""Certificates: wished for, issued, assembled into what the interface shows."""
