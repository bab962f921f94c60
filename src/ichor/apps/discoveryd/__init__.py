"""A discovery service of our own: keeps sealed descriptions of nodes, in memory, for a while."""
