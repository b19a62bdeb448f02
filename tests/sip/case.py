"""One written call: a caller with a number of his own, so that his events are found among all."""

from tests.sip.peers import until
from tests.sip.script import written

numbers = iter(range(13600000000, 13700000000))


class Case:
    """One caller with a number of his own, so that his events are found."""

    def __init__(self, connector, sipp, folder):
        self.connector, self.sipp, self.folder = connector, sipp, folder
        self.number = str(next(numbers))

    def start(self, *steps, **flags):
        file = written(self.folder, f"case{self.number}", *steps)
        self.run = self.sipp(self.connector.port, file, numbers=[self.number], **flags)
        return self.run.start()

    def play(self, *steps, seconds=70, **flags):
        """As written to its end."""
        self.start(*steps, **flags)
        self.finish(seconds)

    def finish(self, seconds=70):
        code = self.run.wait(seconds)
        assert code == 0, self.run.errors.read_text() if self.run.errors.exists() else code

    @property
    def call(self):
        mine = [e["call"] for e in self.connector.events("invite") if e["caller"] == self.number]
        assert len(mine) <= 1
        return mine[0] if mine else None

    def wait(self, kind, seconds=20):
        until(lambda: self.call, seconds, f"call of {self.number} not told")
        return self.connector.wait(kind, self.call, seconds)

    def offered(self, agent, *, accept):
        """The agent's phone rings for this caller, or is answered."""
        self.wait("queued")
        agent.events.clear()
        self.connector.offer(self.call, agent.uri)
        agent.wait("CALL_INCOMING")
        if accept:
            agent.tell("accept")
            self.wait("bridged")

    def hang_up(self):
        """Of a caller by hand, who stays until he is told to go."""
        self.caller.ask("BYE", 9)
        self.caller.hear("SIP/2.0 200")

    def types(self):
        return [event["type"] for event in self.connector.events(call=self.call)]

    def ended(self, by="caller", cause="normal", seconds=20):
        """Told once, with who and why."""
        told = self.wait("hangup", seconds)
        assert (told["by"], told["cause"]) == (by, cause)
        assert self.types().count("hangup") == 1
