"""Keys, certificates, roles, PEM. Deterministic given clock and randomness."""
