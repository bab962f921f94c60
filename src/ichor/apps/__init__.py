"""The programs: what starts, which controller gets which adapter, how it ends."""
