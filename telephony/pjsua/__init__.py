"""The telephone line on PJSIP; this package alone imports pjsua2."""

from telephony.pjsua.line import PjsuaLine
from telephony.pjsua.stack import Config, Srtp

__all__ = ["Config", "PjsuaLine", "Srtp"]
