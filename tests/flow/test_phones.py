"""The address of an agent's phone: who may change it, and what is an address."""

import pytest

from hotline import db
from hotline.city_models import User

OWN = "sip:agent7@127.0.0.1:5707"
GOOD = ["sip:agent7@10.0.0.8:5060", "sips:a.b+c@phone.example", "sip:7@[2001:db8::1]:5070;transport=tcp", ""]
BAD = {
    "no scheme": "agent7@10.0.0.8",
    "another scheme": "tel:10086",
    "nobody's": "sip:@10.0.0.8",
    "port 0": "sip:a@10.0.0.8:0",
    "port too high": "sip:a@10.0.0.8:65536",
    "a header in it": "sip:a@10.0.0.8\r\nRoute: <sip:evil>",
    "parameters": "sip:a@10.0.0.8?Replaces=x",
    "too long": f"sip:{'a' * 61}@10.0.0.8",
}


@pytest.fixture
def place(ask):
    """place(address) by the administrator; the demo's address stands again after the test."""
    path = "/admin/users/agent7/phone"
    yield lambda address, by="admin1", to=path: ask(by).post(to, json={"phone_uri": address})
    ask("admin1").post(path, json={"phone_uri": OWN})


def kept():
    with db.session() as session:
        return session.get_one(User, "agent7").phone_uri


@pytest.mark.parametrize("address", GOOD)
def test_an_administrator_places_a_phone(place, ask, address):
    answer = place(f" {address} ")
    assert (answer.status_code, answer.json) == (200, {"user": "agent7", "phone_uri": address})
    assert kept() == address
    assert f'data-user="agent7" value="{address}"' in ask("admin1").get("/admin").get_data(as_text=True)


@pytest.mark.parametrize("address", BAD.values(), ids=BAD)
def test_what_is_no_address_is_refused_beside_its_field(place, address):
    answer = place(address)
    assert (answer.status_code, answer.json["error"]["code"]) == (422, "bad_phone_uri")
    assert list(answer.json["error"]["fields"]) == ["phone_uri"]
    assert kept() == OWN


@pytest.mark.parametrize("user", ["agent7", "supervisor1", "auditor1", "csglj1", "keeper1", "dispatcher1"])
def test_nobody_else_moves_a_phone(place, ask, user):
    assert place("sip:x@10.0.0.9", by=user).status_code == 403
    assert kept() == OWN
    if user == "supervisor1":
        assert 'data-user="agent7"' not in ask(user).get("/admin").get_data(as_text=True)


def test_a_user_who_is_not_there_has_no_phone(place):
    assert place("sip:x@10.0.0.9", to="/admin/users/nobody9/phone").status_code == 404
