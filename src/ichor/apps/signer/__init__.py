"""The signer: answers one question and ends; the only process that sees a CA's key at work."""
