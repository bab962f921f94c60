"""Well-known namespaces, ids and labels."""

ADJTIME_STATUS_ID = "node"
NTP_STATUS_ID = "node"
STATUS_ID = "node"
