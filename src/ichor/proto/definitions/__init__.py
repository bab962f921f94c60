"""Generated messages, see proto/."""
