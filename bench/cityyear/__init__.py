"""A whole year of a city, driven by the clock: real use cases, the real sweep, a real PostgreSQL."""
