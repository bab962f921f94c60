"""etcd on the node: its command line, joining and leaving, as decisions."""
