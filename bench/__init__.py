"""Measurements. They print tables and never assert a time."""
