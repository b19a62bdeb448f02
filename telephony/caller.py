"""Who calls, as the signalling says it: number and display name from a SIP header's value."""

import re

LONGEST_NAME = 64
_ADDRESS = re.compile(r'\s*(?:"(?P<name>(?:[^"\\]|\\.)*)"|(?P<plain>[^<"]*))\s*<?(?:sips?|tel):(?P<user>[^@>;]*)')


def clean(text: str) -> str:
    """A name or number from the wire: printable, whole characters, not longer than a name is."""
    whole = text.encode("utf-8", "replace").decode()
    return "".join(sign for sign in whole if sign.isprintable())[:LONGEST_NAME].strip()


def identity(uri: str) -> tuple[str, str]:
    """Number and display name out of a From header's value; both empty when it is unreadable."""
    found = _ADDRESS.match(uri)
    if not found:
        return "", ""
    return clean(found["user"]), clean(found["name"] or found["plain"] or "")
