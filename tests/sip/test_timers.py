"""What takes a minute by the rules of SIP: it is begun with the first scenario and waited for here."""

from tests.sip.slow import SLOW


def test_two_re_invites_that_cross_are_refused_with_491_and_tried_again(slow):
    caller = slow["glare"].caller
    caller.join(SLOW)
    assert caller.fault is None
    assert caller.story == ["491 heard", "tried again", "ended"]
    slow["glare"].ended()


def test_a_200_that_is_never_acknowledged_ends_the_call(slow):
    slow["ack"].finish(SLOW)
    slow["ack"].ended()
    assert "answered" not in slow["ack"].types()


def test_a_session_nobody_refreshes_ends(slow):
    slow["expiry"].finish(SLOW)
    slow["expiry"].ended()
