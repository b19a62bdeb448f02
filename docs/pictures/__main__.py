"""Makes the pictures of the manuals anew: `python docs/pictures ADDRESS DATA CLOCK` (see docs/pictures/README.md)."""

import os
import sys
from pathlib import Path

import citizens
import loops
import shots
from album import Album
from playwright.sync_api import sync_playwright
from town import PRESENT, Town

HERE = Path(__file__).resolve().parent
IMAGES = HERE.parent / "manual" / "images"


def main(address: str, data: str, clock: str, *wanted: str) -> None:
    """Fills the city once, then takes the pictures, or only the wanted ones."""
    os.environ |= {"HOTLINE_DATA": data, "HOTLINE_DEMO": "1", "HOTLINE_CLOCK": clock}
    IMAGES.mkdir(parents=True, exist_ok=True)
    with sync_playwright() as player:
        town = Town(player, address, Path(clock))
        if not town.ask("supervisor1", "GET", "/api/v1/cases?limit=1")["items"]:
            town.fill(HERE / "matters.csv")
            print("states:", town.states(), "\nrefused:", *town.refused, sep="\n")
        town.now_is(PRESENT)
        Album(player, town, Path(data), IMAGES).make(citizens.SHOTS | shots.SHOTS | loops.SHOTS, wanted)


if __name__ == "__main__":
    main(*sys.argv[1:])
