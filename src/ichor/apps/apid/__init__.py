"""apid: the gateway. Authenticates callers, routes to this or other nodes, passes bytes on."""
