"""The cities' profiles: the numbers of rules.md §2 with their sources, and what a profile is refused for."""

import datetime as dt

import pytest

from hotline.errors import BadInput
from hotline.policy import NUMBERS, SOURCES, Policy
from hotline.profiles import POLICIES
from hotline.words import Clock
from hotline.worktime import Calendar

pytestmark = pytest.mark.fast

CALENDAR = Calendar.load()
SHIPPED = ("henan", "beijing", "shandong", "sichuan")
PROFILES = {name: Policy.load(name, CALENDAR) for name in SHIPPED}
DAYS, HOURS, WALL, REST, MINUTES = "个工作日", "个工作小时", "小时", "小时（非工作日不计）", "分钟"

LIMITS = [
    ("henan", "accept", {"channel": "web"}, f"2{WALL}", "C"),
    ("henan", "accept", {"channel": "app"}, f"2{WALL}", "C"),
    ("henan", "accept", {"channel": "mail"}, f"2{WALL}", "C"),
    ("henan", "accept", {"channel": "sms"}, f"3{MINUTES}", "N"),
    ("henan", "accept", {"channel": "chat"}, f"3{MINUTES}", "N"),
    ("henan", "accept", {"channel": "wechat"}, f"3{MINUTES}", "N"),
    ("henan", "accept", {"channel": "mailbox"}, f"24{WALL}", "N"),
    ("henan", "forward", {}, f"24{WALL}", "H"),
    ("henan", "forward", {"urgency": "一般"}, f"24{WALL}", "H"),
    ("henan", "forward", {"urgency": "紧急"}, f"2{WALL}", "H"),
    ("henan", "forward", {"urgency": "特急"}, f"2{WALL}", "H"),
    ("henan", "sign", {"urgency": "特急"}, f"24{REST}", "H"),
    ("henan", "first_contact", {}, f"1{DAYS}", "H"),
    ("henan", "first_contact", {"urgency": "紧急"}, f"2{WALL}", "H"),
    ("henan", "reply", {"kind": "咨询"}, f"3{DAYS}", "H"),
    ("henan", "reply", {"kind": "求助"}, f"5{DAYS}", "H"),
    ("henan", "reply", {"kind": "建议"}, f"5{DAYS}", "H"),
    ("henan", "reply", {"kind": "表扬"}, f"5{DAYS}", "H"),
    ("henan", "reply", {"kind": "其他"}, f"5{DAYS}", "H"),
    ("henan", "reply", {"kind": "投诉"}, f"10{DAYS}", "H"),
    ("henan", "reply", {"kind": "举报", "urgency": "特急", "channel": "phone"}, f"10{DAYS}", "H"),
    ("henan", "return", {}, f"1{DAYS}", "A"),
    ("henan", "arbitration", {}, f"4{HOURS}", "A"),
    ("henan", "extension", {}, f"1{DAYS}", "A"),
    ("henan", "review", {}, f"1{DAYS}", "A"),
    ("henan", "revisit", {}, f"1{DAYS}", "C"),
    ("henan", "bad_review", {}, f"1{DAYS}", "A"),
    ("henan", "verdict", {}, f"1{DAYS}", "A"),
    ("henan", "rectification", {}, f"5{DAYS}", "C"),
    ("henan", "rectification_complex", {}, f"15{DAYS}", "C"),
    ("henan", "second_revisit", {}, f"1{DAYS}", "C"),
    ("henan", "auto_forward", {}, f"10{MINUTES}", "A"),
    ("henan", "appeal", {}, f"3{DAYS}", "A"),
    ("henan", "stuck", {}, f"1{DAYS}", "C"),
    ("henan", "stuck_explain", {}, f"3{DAYS}", "C"),
    ("henan", "stuck_hard", {}, f"7{DAYS}", "C"),
    ("henan", "stuck_refusal", {}, f"3{DAYS}", "C"),
    ("beijing", "reply", {"kind": "求助", "urgency": "特急"}, f"2{WALL}", "C"),
    ("beijing", "reply", {"kind": "投诉", "urgency": "紧急"}, f"24{WALL}", "C"),
    ("beijing", "reply", {"kind": "咨询", "urgency": "一般"}, "7个自然日", "C"),
    ("beijing", "reply", {"kind": "投诉"}, "15个自然日", "C"),
    ("beijing", "forward", {}, f"24{WALL}", "A"),
    ("shandong", "reply", {"kind": "投诉"}, f"5{DAYS}", "C"),
    ("shandong", "return", {}, f"2{DAYS}", "C"),
    ("shandong", "accept", {"channel": "chat"}, f"3{MINUTES}", "N"),
    ("sichuan", "reply", {"kind": "咨询"}, f"3{DAYS}", "C"),
    ("sichuan", "reply", {"kind": "求助"}, f"7{DAYS}", "C"),
    ("sichuan", "reply", {"kind": "举报"}, f"15{DAYS}", "C"),
]


@pytest.mark.parametrize(("profile", "clock", "case", "limit", "source"), LIMITS)
def test_each_limit_is_the_rule_and_names_its_source(profile, clock, case, limit, source):
    assert str(PROFILES[profile].limit(clock, **case)) == limit
    assert PROFILES[profile].row(clock, **case).source == source


@pytest.mark.parametrize("channel", [None, "phone", "window"])
def test_where_a_person_accepts_at_once_no_accept_clock_runs(channel):
    assert PROFILES["henan"].limit(Clock.ACCEPT, channel=channel) is None


@pytest.mark.parametrize("clock", sorted(set(Clock) - {Clock.ACCEPT}))
@pytest.mark.parametrize("profile", SHIPPED)
def test_every_other_clock_has_a_general_limit(profile, clock):
    assert PROFILES[profile].limit(clock) is not None


@pytest.mark.parametrize(
    "asked",
    [("answer",), ("reply", "抱怨"), ("reply", "投诉", "加急"), ("reply", "投诉", "一般", "fax")],
)
def test_a_word_that_is_none_is_an_error_and_not_the_general_limit(asked):
    with pytest.raises(ValueError, match="there is no"):
        PROFILES["henan"].limit(*asked)


DEFAULTS = {
    "extension_max_days": 5,
    "extension_complex_days": 10,
    "extensions_allowed": 1,
    "revisit_tries": 3,
    "revisit_hours": (dt.time(8, 30), dt.time(20, 30)),
    "reopen_days": 30,
    "automatic_forward_confidence": 0.85,
    "automatic_forward_grace_minutes": 10,
    "automatic_forward_channels": {"web", "app", "chat", "wechat", "sms", "mail", "mailbox", "kiosk"},
    "fallback_minutes_before": 30,
    "warn_working_hours_before": 2,
    "yellow_working_days_before": 1,
    "notice_working_days_after": 1,
    "listed_working_days_after": 5,
    "recording_months": 6,
    "quality_sample": 0.05,
    "rating_invite_days": 3,
    "revisit_sample": 1.0,
    "revisit_sample_kinds": {"咨询", "表扬"},
    "appeal_working_days": 5,
    "report_least": 10,
    "publish_least": 5,
}


def test_the_default_numbers_are_those_of_the_rules():
    assert {name: getattr(PROFILES["henan"], name) for name in NUMBERS} == DEFAULTS


def test_shandong_extends_by_ten_days_and_keeps_the_other_numbers():
    differing = {name: getattr(PROFILES["shandong"], name) for name in NUMBERS} | {"extension_max_days": 5}
    assert PROFILES["shandong"].extension_max_days == 10
    assert differing == DEFAULTS


@pytest.mark.parametrize("profile", SHIPPED)
def test_every_number_and_limit_has_a_known_source(profile):
    policy = PROFILES[profile]
    assert policy.sources.keys() == NUMBERS.keys()
    assert {*policy.sources.values(), *(row.source for row in policy.rows)} <= SOURCES.keys()


@pytest.mark.parametrize("profile", [name for name in SHIPPED if name != "henan"])
def test_the_rule_of_one_province_is_an_assumption_in_another(profile):
    assert "H" not in {row.source for row in PROFILES[profile].rows}


def test_every_shipped_profile_is_tried_here():
    assert {file.stem for file in POLICIES.glob("*.toml")} == set(SHIPPED)


# --- refusals ---


def written(folder, *changes, extra=""):
    """A profile file: henan with some texts replaced and lines put after it."""
    text = (POLICIES / "henan.toml").read_text(encoding="utf-8")
    for old, new in changes:
        assert old in text
        text = text.replace(old, new, 1)
    file = folder / "own.toml"
    file.write_text(text + extra, encoding="utf-8")
    return file


def refusal(file, calendar=CALENDAR):
    with pytest.raises(BadInput) as refused:
        Policy.load(file, calendar)
    return refused.value


HOURS_LINE = 'hours = [["08:30", "12:00"], ["14:30", "18:00"]]'
SIGN = 'amount = 24\nunit = "hours_skipping_rest_days"'
BAD = [
    ((SIGN, SIGN.replace("24", "-24")), "-24", "a negative limit"),
    ((SIGN, SIGN.replace("24", "0")), "0", "a limit of nothing"),
    ((SIGN, SIGN.replace("24", "1.5")), "1.5", "half an hour too much"),
    ((SIGN, SIGN.replace("hours_skipping_rest_days", "moons")), "moons", "an unknown unit"),
    ((SIGN, SIGN + "\ncolour = 1"), "colour", "an unknown key in a limit"),
    (('clock = "sign"', 'clock = "sing"'), "sing", "an unknown clock"),
    (('clock = "sign"', 'clock = "review"'), "签收", "a clock left out"),
    (('kind = ["咨询"]', 'kind = ["询问"]'), "询问", "an unknown kind"),
    (('kind = ["咨询"]', "kind = []"), "kind", "a condition nothing fulfils"),
    (('kind = ["咨询"]\n', ""), "reply", "rows that are never reached"),
    (('source = "H"', 'source = "Z"'), "'Z'", "an unknown source"),
    (('source = "H"\n', ""), "source", "a limit without a source"),
    (("extension_max_days", "extension_most_days"), "extension_max_days", "a number left out"),
    (("[number]", '[number]\nspeed = { value = 1, source = "A" }'), "speed", "an unknown number"),
    (("{ value = 30,", "{ value = -30,"), "-30", "a negative number"),
    (("{ value = 0.85,", "{ value = 85,"), "85", "a share above one"),
    (('["08:30", "20:30"]', '["20:30", "08:30"]'), "revisit_hours", "hours that end before they begin"),
    (('["08:30", "20:30"]', '["8.30", "20:30"]'), "8.30", "no time of day"),
    (('["web", "app", "chat"', '["fax", "app", "chat"'), "fax", "an unknown channel"),
    (("[office]", "[office]\ncolour = 1"), "colour", "an unknown key of the office"),
    (("weekdays = [1,", "weekdays = [0,"), "office", "a weekday that is none"),
    (('version = "2026.1"', ""), "version", "no version"),
    (('title = "', 'heading = "x"\ntitle = "'), "heading", "an unknown key of the profile"),
    (("[number]", "[number"), "own", "not TOML"),
    (
        ("fallback_minutes_before = { value = 30", "fallback_minutes_before = { value = 120"),
        "兜底",
        "no time to fall back",
    ),
]


@pytest.mark.parametrize(("change", "said", "why"), BAD, ids=[row[2] for row in BAD])
def test_a_wrong_profile_is_refused_and_the_place_named(tmp_path, change, said, why):
    refused = refusal(written(tmp_path, change))
    assert refused.code == "policy_invalid"
    assert said in refused.message
    assert "own" in refused.message


@pytest.mark.parametrize("table", ["limit = 3", "limit = [3]", "number = 3", "[number]\nreopen_days = 3"])
def test_a_profile_of_the_wrong_shape_is_refused(tmp_path, table):
    (tmp_path / "own.toml").write_text(f'title = "x"\nversion = "1"\nextends = "henan"\n{table}', encoding="utf-8")
    assert refusal(tmp_path / "own.toml").code == "policy_invalid"


UNUSABLE = [
    (("weekdays = [1, 2, 3, 4, 5]", "weekdays = []"), CALENDAR, "工作日", "no working days"),
    ((HOURS_LINE, "hours = []"), CALENDAR, "办公时间", "no office hours"),
    ((HOURS_LINE, HOURS_LINE), Calendar(), "放假安排", "no year's notice"),
]


@pytest.mark.parametrize(("change", "calendar", "said", "why"), UNUSABLE, ids=[row[3] for row in UNUSABLE])
def test_a_profile_without_a_usable_calendar_is_refused_when_loaded(tmp_path, change, calendar, said, why):
    refused = refusal(written(tmp_path, change), calendar)
    assert refused.code == "policy_no_calendar"
    assert said in refused.message


def test_a_profile_brings_its_own_office_hours(tmp_path):
    policy = Policy.load(written(tmp_path, (HOURS_LINE, 'hours = [["09:00", "17:00"]]')), CALENDAR)
    assert policy.calendar.office == ((540, 1020),)
    assert policy.calendar.holidays == CALENDAR.holidays
    assert policy.calendar.version != CALENDAR.version


def test_a_profile_that_does_not_exist_is_missing():
    assert refusal("atlantis").code == "policy_missing"


def test_a_name_cannot_leave_the_folder_of_profiles():
    assert refusal("../../pyproject").code == "policy_missing"


def test_profiles_that_extend_each_other_in_a_ring_are_refused(tmp_path):
    file = tmp_path / "own.toml"
    file.write_text(f'title = "x"\nversion = "1"\nextends = "{file}"\n', encoding="utf-8")
    assert "extends" in refusal(file).message
