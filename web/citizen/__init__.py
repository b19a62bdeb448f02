"""The citizens' side: portal, submit, track, rate, public pages, the chat's doors, and drafts."""

from web.chat import chats
from web.citizen import portal, published, rating, track  # noqa: F401 - importing hangs the views on `citizen`
from web.citizen.door import citizen
from web.drafts import drafts

__all__ = ["citizen"]
citizen.register_blueprint(chats)
citizen.register_blueprint(drafts)
