"""The points of a public reply over HTTP: for the department, for the reviewer, never for others."""

from staff_story import CLERK, do, passed, signed

from hotline.words import Action

COPIED = "经现场核实,烧烤摊油烟已整改,依据《大气污染防治法》责令安装净化器,请拨打0398-5550101。"


def checked(door, number, public):
    answer = door.post(f"/api/v1/cases/{number}/reply-check", json={"public": public})
    return answer.status_code, {one["point"]: one for one in answer.get_json().get("checks", [])}


def test_the_department_and_the_reviewer_see_the_points(city, ask):
    case = signed(name="欧阳春雨")
    for user in ("csglj1", "reviewer1"):
        status, points = checked(ask(user), case.number, "欧阳春雨,您反映的烧烤油烟已收悉。")
        assert status == 200
        assert not points["privacy"]["passed"]
        assert points["privacy"]["spans"] == [[0, 4]]
        assert "个人信息" in points["privacy"]["why"]


def test_a_copy_of_an_earlier_reply_names_its_case(city, ask):
    first = signed(title="河道垃圾", content="涧河河道漂着垃圾没人清理")
    do(first, Action.REPLY, CLERK, facts="属实", solved=True, public=COPIED)
    second = signed()
    _, points = checked(ask("csglj1"), second.number, COPIED)
    assert first.number in points["own"]["why"]
    _, own = checked(ask("csglj1"), first.number, COPIED)
    assert own["own"]["passed"], "its own earlier text is no copy"


def test_others_may_not_ask(city, ask, app):
    case = passed()
    assert checked(ask("gaj1"), case.number, "x")[0] == 404
    assert app.test_client().post(f"/api/v1/cases/{case.number}/reply-check", json={"public": "x"}).status_code == 401
