"""Membership: what this node tells the cluster of itself, and what it hears of the others."""
