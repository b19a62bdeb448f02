"""The citizens' side: portal, submit, track, rate, public pages, the chat's doors, and drafts."""

from web.chat import chats
from web.citizen import portal, published, rating, track, windows
from web.citizen.door import citizen
from web.drafts import drafts

__all__ = [
    "citizen",
    "portal",
    "published",
    "rating",
    "track",
    "windows",
]  # importing them hangs their views
citizen.register_blueprint(chats)
citizen.register_blueprint(drafts)
