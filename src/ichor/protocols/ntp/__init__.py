"""NTP, as a client asks for the time and as a server tells it; bytes <-> values, no socket."""
