"""PID 1: mounts, store, engine, supervisor, the machine API on a unix socket."""
