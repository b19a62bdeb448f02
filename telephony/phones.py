"""Where an agent's phone is: the SIP address in his profile, changed by an administrator."""

import re

from hotline.city_models import User
from hotline.errors import BadInput, Missing
from hotline.unit import transaction

_ADDRESS = re.compile(
    r"sips?:[0-9A-Za-z._~+-]{1,60}@(?:[0-9A-Za-z.-]{1,120}|\[[0-9A-Fa-f:.]{2,45}\])(?::(\d{1,5}))?(?:;transport=(?:udp|tcp|tls))?"
)
_LAST_PORT = 65535


def checked(address: str) -> str:
    """The address without spaces around it; empty is no phone. Raises BadInput `bad_phone_uri`."""
    plain = address.strip()
    found = _ADDRESS.fullmatch(plain)
    if plain and (found is None or not 0 < int(found[1] or 1) <= _LAST_PORT):
        raise BadInput("bad_phone_uri", "话机地址要像 sip:agent1@10.0.0.8:5060 这样。", {"phone_uri": "不是 SIP 地址"})
    return plain


def place(user: str, address: str) -> str:
    """Write the address where this user's calls ring from the next offer on; returns it. Raises BadInput, Missing."""
    plain = checked(address)
    with transaction() as unit:
        row = unit.session.get(User, user)
        if row is None:
            raise Missing("no_such_user", "没有这个用户。")
        row.phone_uri = plain
    return plain
