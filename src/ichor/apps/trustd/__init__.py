"""trustd: lets in machines that know the join token. Holds no key of a CA, nor the token."""
