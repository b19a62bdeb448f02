"""Calls that take a minute by the rules of SIP, all under way at once."""

import threading

from tests.sip import raw
from tests.sip.case import Case
from tests.sip.peers import Sipp
from tests.sip.script import answered, asked, early, got, invite, let_go, reply, speak

SLOW = 150  # seconds; a session that expires takes at least 60


def begin(connector, folder):
    """Starts them; `folder` holds the sound `tone.alaw`. The calls by name, and the runs of sipp to be stopped."""
    runs = []

    def sipp(target, scenario, **given):
        runs.append(Sipp(folder, target, scenario, timeout=SLOW, **given))
        return runs[-1]

    made = {name: Case(connector, sipp, folder) for name in ("expiry", "ack", "glare")}
    timer = ("Supported: timer", "Session-Expires: 90;refresher=uac", "Min-SE: 90")
    made["expiry"].start(invite(*timer), early(), answered(), speak(), let_go(SLOW))
    again = asked("BYE", 60) + reply(200)
    made["ack"].start(invite(), early(), got(200), again)
    made["glare"].caller = Glare(connector.port, made["glare"].number)
    made["glare"].caller.start()
    return made, runs


class Glare(threading.Thread):
    """Asks for a change of the session in the moment in which the other side does."""

    def __init__(self, port, number):
        super().__init__(daemon=True)
        self.caller, self.story, self.fault = raw.Caller(port, number), [], None

    def run(self):
        try:
            self.cross(self.caller)
        except AssertionError as fault:
            self.fault = fault
        finally:
            self.caller.close()

    def cross(self, caller):
        caller.call("Supported: timer", "Session-Expires: 90;refresher=uas", "Min-SE: 90", "Allow: INVITE, ACK, BYE")
        theirs = caller.hear("INVITE", 80)
        caller.ask("INVITE", 2, body=caller.sdp)
        caller.hear("SIP/2.0 491", 20)
        caller.ask("ACK", 2, again=True)
        self.story.append("491 heard")
        caller.reply(theirs, 491)
        again = caller.hear(rf"INVITE (?s:.)*?(?i:cseq): (?!{sequence(theirs)} )", 20)
        timer = "Session-Expires: 90;refresher=uac"
        caller.reply(again, 200, "Supported: timer", "Require: timer", timer, body=caller.sdp)
        caller.hear("ACK", 20)
        self.story.append("tried again")
        caller.ask("BYE", 3)
        caller.hear("SIP/2.0 200", 20)
        self.story.append("ended")


def sequence(message):
    return next(line.split()[1] for line in message.splitlines() if line.lower().startswith("cseq"))
