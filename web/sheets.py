"""Tables for spreadsheets: no cell of text is ever a formula there."""

import csv
import io
from collections.abc import Iterable, Sequence

from flask import Response

_STARTS = ("=", "+", "-", "@", "\t", "\r", "＝", "＋", "－", "＠")


def safe(cell: object) -> object:
    """A cell as it is; a text that a spreadsheet would reckon as a formula with a quote before it."""
    return f"'{cell}" if isinstance(cell, str) and cell.lstrip().startswith(_STARTS) else cell


def as_csv(head: Sequence[str], lines: Iterable[Sequence[object]], name: str) -> Response:
    """A CSV to download, with the mark by which spreadsheets know UTF-8."""
    out = io.StringIO(newline="")
    writer = csv.writer(out)
    writer.writerow(head)
    writer.writerows([safe(cell) for cell in line] for line in lines)
    headers = {"Content-Disposition": f'attachment; filename="{name}"'}
    return Response("\ufeff" + out.getvalue(), mimetype="text/csv", headers=headers)
