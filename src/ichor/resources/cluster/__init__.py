"""Membership and discovery."""
