"""The command ichor: one file per noun; parse, call, print."""
