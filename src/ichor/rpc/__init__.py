"""gRPC over HTTP/2: server, client and a proxy of bytes. Knows no method of ours."""
