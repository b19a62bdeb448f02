"""The office that signs: the hotline's own name, from the city's file."""

import tomllib
from functools import lru_cache

from hotline.settings import CITY


@lru_cache
def office() -> str:
    """Its full name."""
    with (CITY / "city.toml").open("rb") as file:
        return str(tomllib.load(file)["hotline"]["name"])
