"""Fixtures of the flows through the staff's doors."""

from staff_story import app, ask

__all__ = ["app", "ask"]
