"""Certificates, keys, tokens."""
