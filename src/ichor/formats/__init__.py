"""Bytes at rest to values and back: OCI, squashfs listings, GPT. No I/O, no file handles."""
