"""TPM 2.0: commands and responses as bytes, and what they are about, without a device."""
