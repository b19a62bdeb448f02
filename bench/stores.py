"""PostgreSQL and Redis of a benchmark's own, with all tables, thrown away at its end."""

import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from web.embedded import Embedded


@contextmanager
def own(*, clock: bool = False) -> Iterator[tuple[Path, Embedded]]:
    """The folder of the stores and the stores; with `clock`, HOTLINE_CLOCK names the file `clock` in that folder."""
    from hotline import db
    from hotline.settings import Settings
    from web.schema import upgrade

    with tempfile.TemporaryDirectory(prefix="hotline-bench-") as name:
        folder = Path(name)
        folder.chmod(0o755)
        os.environ |= {
            "HOTLINE_DATA": name,
            "HOTLINE_DEMO": "1",
            "HOTLINE_CLOCK": str(folder / "clock") if clock else "",
        }
        stores = Embedded(Settings())
        stores.start()
        try:
            upgrade()
            yield folder, stores
        finally:
            db.dispose()
            stores.stop()
