"""Adapters of ports over the kernel. May be ugly, may not be clever."""
