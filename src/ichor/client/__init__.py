"""The clients' side of the machine API: talosconfig, connections, calls."""
