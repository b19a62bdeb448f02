"""How personal data looks to those who may not see it."""

import re

_LONG_NUMBER = re.compile(r"(?<!\d)(\d{3})\d{4,}(\d{4})(?!\d)")


def phone(number: str) -> str:
    """138****0001; short numbers keep the last two digits."""
    if len(number) >= 7:  # noqa: PLR2004
        return f"{number[:3]}****{number[-4:]}"
    return "*" * max(len(number) - 2, 0) + number[-2:]


def name(full: str) -> str:
    """张**; an empty name stays empty."""
    return full[:1] + "*" * (len(full) - 1)


def address(text: str) -> str:
    """Keeps the street, hides house numbers."""
    return re.sub(r"\d+", "*", text)


def text(words: str) -> str:
    """Hides phone-like and ID-like digit runs in free text."""
    return _LONG_NUMBER.sub(r"\1****\2", words)
