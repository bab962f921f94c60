"""Names and addresses."""
