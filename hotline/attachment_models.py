"""Photos and documents of a case or a chat: what is known of them; the files themselves are sealed on the disk."""

import datetime as dt

from sqlalchemy import ForeignKey, Index, text
from sqlalchemy.orm import Mapped, mapped_column

from hotline.db import Base
from hotline.privacy import Sealed


class Attachment(Base):
    """One kept file. `file` is its place under the data folder, empty once it is gone; `sha256` is of the kept copy.

    `by` and `role` say who brought it, `department` and `round` whose reply or contact it belongs to; `released_by`
    who of the centre found nothing of the person in it, in a case of one who asked not to be known.
    """

    __tablename__ = "attachments"
    __table_args__ = (Index("ix_attachments_chat", "chat_id", postgresql_where=text("chat_id IS NOT NULL")),)

    id: Mapped[str] = mapped_column(primary_key=True)
    case_id: Mapped[int | None] = mapped_column(ForeignKey("cases.id"), index=True)
    chat_id: Mapped[int | None] = mapped_column(ForeignKey("chats.id"))
    purpose: Mapped[str]
    department: Mapped[str] = mapped_column(default="", server_default="")
    round: Mapped[int] = mapped_column(default=1, server_default="1")
    by: Mapped[str]
    role: Mapped[str]
    at: Mapped[dt.datetime]
    name: Mapped[str] = mapped_column(Sealed)
    type: Mapped[str]
    bytes: Mapped[int]
    sha256: Mapped[str]
    file: Mapped[str]
    released_by: Mapped[str] = mapped_column(default="", server_default="")
