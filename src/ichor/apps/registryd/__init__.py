"""registryd: OCI layouts served read-only as one registry, to containerd on the loopback."""
