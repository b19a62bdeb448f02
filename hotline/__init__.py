"""The case: what it is, what may happen to it, when it is due, how it is stored."""
