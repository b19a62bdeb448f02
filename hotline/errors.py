"""Every refusal: a stable code for programs, a Chinese sentence for people, the fields it is about."""

from collections.abc import Mapping


class HotlineError(Exception):
    """Base of all refusals. `status` is the HTTP answer the doors give."""

    status = 422

    def __init__(self, code: str, message: str, fields: Mapping[str, str] | None = None) -> None:
        super().__init__(code)
        self.code = code
        self.message = message
        self.fields = dict(fields or {})


class BadInput(HotlineError):  # noqa: N818 - the field's own word reads better at the raise
    """What was sent cannot be taken as it is."""


class Forbidden(HotlineError):  # noqa: N818
    """A person who may not do what he asked."""

    status = 403


class Missing(HotlineError):  # noqa: N818
    """There is no such thing, or not for this reader."""

    status = 404


class Conflict(HotlineError):  # noqa: N818
    """Somebody else was first; `fields` says who and what."""

    status = 409


class Unreachable(HotlineError):  # noqa: N818
    """A part this needs is down."""

    status = 503
