"""What a head sees leave his house, and the office hours behind the bars."""

import pytest
from staff_story import ANSWER, CLERK, REVIEWER, do, forwarded, signed

from hotline.words import Action


def outgoing(ask, user="csglj2"):
    return ask(user).get("/department/outgoing").json["items"]


def test_the_head_sees_todays_replies_of_his_own_house_and_where_they_stand(ask):
    case, other = signed(), signed()
    do(case, Action.REPLY, CLERK, **ANSWER)
    (row,) = outgoing(ask)
    assert (row["number"], row["by"], row["state"], row["public"]) == (
        case.number,
        "csglj1",
        "waiting",
        ANSWER["public"],
    )
    do(case, Action.SEND_BACK, REVIEWER, reasons=["没有写时间"])
    assert outgoing(ask)[0]["state"] == "sent_back"
    do(other, Action.REPLY, CLERK, **ANSWER)
    do(other, Action.PASS, REVIEWER)
    assert [row["state"] for row in outgoing(ask)] == ["passed", "sent_back"]
    assert outgoing(ask, "gaj2") == []
    forwarded("gaj")
    assert len(outgoing(ask)) == 2


def test_a_confidential_citizen_stays_unknown_to_the_head(ask):
    case = signed(confidential=True, name="欧阳明远", title="欧阳明远请回电")
    do(case, Action.REPLY, CLERK, **ANSWER)
    assert "欧阳明远" not in str(outgoing(ask)[0]["title"])


def hours(ask, begin, end):
    return ask("csglj1").get("/department/hours", query_string={"from": begin, "to": end})


def test_office_hours_skip_holidays_and_count_made_up_days(ask):
    told = hours(ask, "2026-09-30T00:00+08:00", "2026-10-10T23:00+08:00").json["items"]
    days = [begin[:10] for begin, _ in told]
    assert days.count("2026-09-30") == 2
    assert not [day for day in days if "2026-10-01" <= day <= "2026-10-07"]
    assert told[0] == ["2026-09-30T08:30:00+08:00", "2026-09-30T12:00:00+08:00"]


BAD = [("2026-10-10", "2026-09-30"), ("2026-01-01", "2026-12-31"), ("x", "y"), ("0001-01-01", "9999-12-31")]


@pytest.mark.parametrize(("begin", "end"), BAD)
def test_a_range_that_is_none_is_refused(ask, begin, end):
    answer = hours(ask, begin, end)
    assert (answer.status_code, answer.json["error"]["code"]) == (422, "bad_time")
