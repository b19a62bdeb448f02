"""The caller's own address behind our own proxies: believed from them, and from nobody else."""

import ipaddress
from collections.abc import Iterable
from typing import TYPE_CHECKING

from hotline.errors import BadInput

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment

Network = ipaddress.IPv4Network | ipaddress.IPv6Network


def networks(text: str) -> tuple[Network, ...]:
    """`10.0.0.1, 10.2.0.0/16` as networks. Raises BadInput `bad_proxies`."""
    try:
        return tuple(ipaddress.ip_network(part.strip()) for part in text.split(",") if part.strip())
    except ValueError:
        raise BadInput("bad_proxies", f"HOTLINE_PROXIES 要是地址或网段，用逗号分开，如 10.0.0.1,10.2.0.0/16；现在是“{text}”。") from None  # fmt: skip  # noqa: E501


def _address(text: str) -> ipaddress.IPv4Address | ipaddress.IPv6Address | None:
    try:
        address = ipaddress.ip_address(text.strip())
    except ValueError:
        return None
    return getattr(address, "ipv4_mapped", None) or address


class OwnProxies:
    """WSGI middleware: what a proxy of ours says of its caller becomes the request's address and scheme."""

    def __init__(self, inner: "WSGIApplication", own: tuple[Network, ...]) -> None:
        self.inner, self.own = inner, own

    def _ours(self, text: str) -> bool:
        address = _address(text)
        return address is not None and any(address in network for network in self.own)

    def _client(self, peer: str, hops: list[str]) -> str:
        """Back along the hops while they are ours; what stands before the first stranger, anybody can have written."""
        for hop in reversed(hops):
            if not self._ours(peer) or _address(hop) is None:
                break
            peer = str(_address(hop))
        return peer

    def __call__(self, asked: "WSGIEnvironment", start_response: "StartResponse") -> Iterable[bytes]:
        """The inner application's answer."""
        peer = asked.get("REMOTE_ADDR", "")
        if self._ours(peer):
            asked["REMOTE_ADDR"] = self._client(peer, asked.get("HTTP_X_FORWARDED_FOR", "").split(","))
            scheme = asked.get("HTTP_X_FORWARDED_PROTO", "").rpartition(",")[2].strip().lower()
            if scheme in {"http", "https"}:
                asked["wsgi.url_scheme"] = scheme
        return self.inner(asked, start_response)
