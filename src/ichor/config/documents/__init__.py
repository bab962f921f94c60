"""One file per kind of document. What a kind means stands here; acting on it, in controllers."""
