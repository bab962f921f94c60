"""DHCPv4: packets and a client's side of the conversation, without sockets or clocks."""
