"""Well-known namespaces, ids and labels."""

CONFIG_ID = "siderolink"
STATUS_ID = "siderolink-status"
TUNNEL_ID = "siderolink-tunnel"
