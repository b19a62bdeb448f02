"""Whatever a command is given, it answers or refuses: with `--json` in JSON on stdout, never with a traceback."""

import datetime as dt
import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from web import figures

pytestmark = pytest.mark.usefixtures("city")
HOTLINE = str(Path(sys.executable).with_name("hotline"))
DEAD = {"DATABASE_URL": "postgresql://hotline@127.0.0.1:1/hotline"}
RATES = ("rates", "--from", "2026-11-01", "--to")
WRONG = {
    "years that no calendar has": (("rates", "--from", "0001-01-01", "--to", "9999-12-31"), {}, 2, "bad_time"),
    "a year too late to reckon with": ((*RATES, "9999-12-31"), {}, 2, "bad_time"),
    "no day": ((*RATES, "soon"), {}, 2, "bad_time"),
    "a department with a letter nobody can keep": (
        (*RATES, "2026-11-30", "--department", "\udcff"),
        {},
        2,
        "bad_value",
    ),
    "no such option": (("rates", "--since", "2026-11-01"), {}, 2, "usage"),
    "an option missing": (("rates", "--from", "2026-11-01"), {}, 2, "usage"),
    "a file that is not there": (("import", "cases", "/none.csv"), {}, 2, "usage"),
    "no such command": (("rate",), {}, 2, "usage"),
    "no model": (("triage", "evaluate", "--model", "/none", "--corpus", "/"), {}, 1, "model_missing"),
    "no corpus": (("triage", "evaluate", "--model", "/none", "--corpus", "/none"), {}, 2, "usage"),
    "a database that does not answer": ((*RATES, "2026-11-30"), DEAD, 2, "database_down"),
    "no database": ((*RATES, "2026-11-30"), {"HOTLINE_DATA": "/none", "DATABASE_URL": ""}, 2, "not_running"),
}
CLOCKS = {"words": "tomorrow", "nothing": "", "a moment beyond time": "0001-01-01T00:00:00+08:00"}
CLOCKED = (
    (*RATES, "2026-11-30"),
    ("departments",),
    ("history", "verify"),
    ("due", "--clock", "reply", "--start", "2026-09-29T16:20+08:00"),
)


def run(*words, **environment):
    done = subprocess.run(
        [HOTLINE, *words], env=os.environ | environment, capture_output=True, text=True, timeout=120, check=False
    )
    assert "Traceback" not in done.stderr, done.stderr
    return done


def refused(done):
    error = json.loads(done.stdout)["error"]
    assert error["message"]
    assert done.stderr
    return done.returncode, error["code"]


@pytest.mark.parametrize(("words", "environment", "code", "name"), WRONG.values(), ids=WRONG)
def test_with_json_a_refusal_is_one_document(words, environment, code, name):
    assert refused(run(*words, "--json", **environment)) == (code, name)
    assert run(*words, **environment).stdout == ""


@pytest.mark.parametrize("said", CLOCKS.values(), ids=CLOCKS)
@pytest.mark.parametrize("words", CLOCKED, ids=lambda words: words[0])
def test_a_clock_file_that_says_no_moment_is_named(words, said, tmp_path):
    file = tmp_path / "clock"
    file.write_text(said, encoding="utf-8")
    done = run(*words, "--json", HOTLINE_CLOCK=str(file))
    assert refused(done) == (2, "bad_clock")
    assert str(file) in done.stderr


def test_the_doctor_speaks_also_with_a_clock_that_says_no_moment(tmp_path):
    (tmp_path / "clock").write_text("tomorrow", encoding="utf-8")
    done = run("doctor", "--json", HOTLINE_CLOCK=str(tmp_path / "clock"))
    assert json.loads(done.stdout)["parts"]


@pytest.mark.parametrize("port", ["99999", "-1", "0", "x"])
@pytest.mark.parametrize("option", ["--port", "--sip-port"])
def test_a_port_that_is_none_is_refused_before_anything_starts(option, port, tmp_path):
    done = run("up", option, port, "--data", str(tmp_path / "data"))
    assert (done.returncode, option in done.stderr) == (2, True)
    assert not (tmp_path / "data").exists()


def test_up_does_not_start_with_a_clock_that_says_no_moment(tmp_path):
    (tmp_path / "clock").write_text("tomorrow", encoding="utf-8")
    done = run("up", "--demo", "--data", str(tmp_path / "data"), HOTLINE_CLOCK=str(tmp_path / "clock"))
    assert (done.returncode, "bad_clock" in done.stderr) == (2, True)
    assert not (tmp_path / "data" / "postgres").exists()


def test_help_is_given_with_exit_code_0():
    done = run("rates", "--help")
    assert (done.returncode, "--from" in done.stdout) == (0, True)


SPELLINGS = {
    "2026-11-30": True,
    "20261130": True,
    "2026-W49-1": True,
    "2026-11-30T00:00": False,
    "20261130T0000": False,
}


@pytest.mark.parametrize(("written", "whole"), SPELLINGS.items())
def test_a_bare_day_means_the_whole_day_however_it_is_written(written, whole):
    at = dt.datetime(2026, 11, 30)  # noqa: DTZ001 - as it is parsed
    assert dt.datetime.fromisoformat(written) == at
    assert figures.end_of(at, written) - at == dt.timedelta(days=whole)


def test_the_command_and_the_api_mean_the_same_day(ask):
    told = json.loads(run(*RATES, "20261130", "--json").stdout)
    assert told["to"] == "2026-12-01T00:00:00+08:00"
    assert ask("supervisor1").get("/api/v1/rates?from=20261101&to=20261130").json["to"] == told["to"]
