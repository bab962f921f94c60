"""A fresh zygote, when the one that machined forked died."""
