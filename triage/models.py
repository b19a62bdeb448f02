"""What people corrected, kept as examples for the next training."""

import datetime as dt

from sqlalchemy.orm import Mapped, mapped_column

from hotline.db import Base
from hotline.privacy import Sealed


class Example(Base):
    """One corrected label; the text may hold personal data and is sealed."""

    __tablename__ = "examples"

    id: Mapped[int] = mapped_column(primary_key=True)
    at: Mapped[dt.datetime]
    case_number: Mapped[str] = mapped_column(index=True)
    text: Mapped[str] = mapped_column(Sealed)
    suggested: Mapped[str]
    label: Mapped[str]
    source: Mapped[str]
    weight: Mapped[float] = mapped_column(default=1.0)
