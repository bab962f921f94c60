"""Clusters on this host: nodes in containers of our own, their network and their removal."""
