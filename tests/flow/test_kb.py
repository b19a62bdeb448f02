"""The knowledge base on the real database and a real index: imported, reviewed, found, and never lost."""

import csv
import datetime as dt
import json
import shutil
import threading

import pytest
from click.testing import CliRunner
from sqlalchemy import func, select

from hotline import db
from hotline.errors import BadInput, Conflict, Missing
from hotline.events import revive
from hotline.message_models import OutboxRow
from hotline.settings import Settings
from hotline.unit import transaction
from kb import articles, service
from kb.commands import kb
from kb.index import IndexUnavailable
from kb.models import Article
from kb.reading import NAMES, Draft, read

HEAD = list(NAMES)
NOON = dt.datetime(2026, 11, 24, 4, tzinfo=dt.UTC)
FUND = {"code": "K1", "title": "公积金怎么提取", "body": "提取住房公积金，请带身份证到窗口办理。"}
HEAT = {"code": "K2", "title": "什么时候供暖", "body": "十一月十五日开始供暖，室温不低于十八度。"}


@pytest.fixture
def base(database):
    """An empty database and no index yet."""
    return database


@pytest.fixture
def write_csv(tmp_path):
    def write(*rows, name="articles.csv"):
        file = tmp_path / name
        with file.open("w", encoding="utf-8", newline="") as out:
            writer = csv.DictWriter(out, HEAD)
            writer.writeheader()
            writer.writerows(rows)
        return file

    return write


@pytest.fixture
def published(base, write_csv):
    articles.import_file(write_csv(FUND, HEAT), publish=True, actor="keeper1")
    service.reindex()
    return base


def _codes(results):
    return [found.code for found in results]


def _relay():
    """What the worker does with every waiting event; returns how many there were."""
    with db.session() as session:
        events = [revive(row.kind, row.payload) for row in session.scalars(select(OutboxRow).order_by(OutboxRow.id))]
    with transaction() as unit:
        for event in events:
            service.on_article_changed(unit, event)
    return len(events)


def _held(code):
    with db.session() as session:
        return session.get(Article, code)


def _count(table):
    with db.session() as session:
        return session.scalar(select(func.count()).select_from(table))


# -- import


def test_an_imported_and_published_article_is_found_with_its_passage_marked(published):
    results = service.search("怎么提取公积金？")
    assert not results.degraded
    assert _codes(results) == ["K1"]
    best = results[0]
    assert best.title == FUND["title"]
    assert best.passage in FUND["body"]
    assert [best.passage[a:b] for a, b in best.marks] == ["提取", "公积金"]
    assert best.score > 0


def test_bad_rows_are_told_with_line_and_reason_and_the_good_ones_are_taken(base, write_csv):
    rows = [
        FUND,
        {"code": "", "title": "没有编号", "body": "正文"},
        {"code": "X1", "title": "", "body": ""},
        FUND | {"title": "又是这个编号"},
        HEAT | {"code": "X2", "effective": "去年"},
        HEAT | {"code": "X3", "effective": "2026-05-01", "expires": "2026-04-30"},
        HEAT | {"code": "X4", "title": "长" * 501},
        HEAT | {"code": "X5", "body": "两行\n正文\0"},
        HEAT,
    ]
    report = articles.import_file(write_csv(*rows), publish=True, actor="keeper1")
    assert report.created == ["K1", "K2"]
    assert [(bad.line, bad.reason) for bad in report.bad] == [
        (3, "编号为空"),
        (4, "标题为空；正文为空"),
        (5, "编号 K1 与第 2 行重复"),
        (6, "生效日期不是 2026-01-31 这样的日期"),
        (7, "失效日期早于生效日期"),
        (8, "标题超过 500 字"),
        (9, "正文含有空字符"),
    ]
    assert len(report.created) + len(report.bad) == len(rows)
    assert _held("K1").title == FUND["title"]


def test_a_row_with_too_many_columns_and_a_broken_quote_are_told(base, tmp_path):
    file = tmp_path / "broken.csv"
    file.write_text('code,title,body\nA,标题,正文,多余\nB,"标"题,正文\nC,供暖,时间\n', encoding="gb18030")
    report = articles.import_file(file, publish=False, actor="keeper1")
    assert report.created == ["C"]
    assert [bad.line for bad in report.bad] == [2, 3]
    assert report.bad[0].reason == "列数多于表头"


@pytest.mark.parametrize(
    ("content", "code", "reason"),
    [
        (b"title,body\nx,y\n", "kb_file_columns", "a needed column lacks"),
        (b"", "kb_file_columns", "an empty file has no columns"),
        (b"code,title,body\n\xff\xff\xff", "kb_file_encoding", "no known encoding"),
    ],
)
def test_a_file_that_is_none_is_refused_as_a_whole(tmp_path, content, code, reason):
    file = tmp_path / "none.csv"
    file.write_bytes(content)
    with pytest.raises(BadInput) as refused:
        list(read(file))
    assert refused.value.code == code, reason


def test_the_same_file_again_changes_nothing(base, write_csv):
    file = write_csv(FUND, HEAT)
    articles.import_file(file, publish=True, actor="keeper1")
    before = (_count(OutboxRow), _held("K1").version, len(articles.revisions("K1")))
    for publish in (True, False):
        again = articles.import_file(file, publish=publish, actor="keeper2")
        assert (again.created, again.changed, again.same) == ([], [], ["K1", "K2"])
    assert (_count(OutboxRow), _held("K1").version, len(articles.revisions("K1"))) == before
    assert _held("K1").updated_by == "keeper1"


def test_imported_without_publishing_it_is_a_draft_that_nobody_finds_and_a_later_import_publishes_it(base, write_csv):
    file = write_csv(FUND)
    articles.import_file(file, publish=False, actor="keeper1")
    service.reindex()
    assert _held("K1").state == articles.DRAFT
    assert _codes(service.search("公积金")) == []
    report = articles.import_file(file, publish=True, actor="keeper1")
    assert report.changed == ["K1"]
    _relay()
    assert _codes(service.search("公积金")) == ["K1"]


def test_a_retired_article_stays_retired_when_its_file_is_imported_again(published, write_csv):
    articles.step("K1", "retire", _held("K1").version, "keeper1")
    articles.import_file(write_csv(FUND, name="again.csv"), publish=True, actor="keeper1")
    assert _held("K1").state == articles.RETIRED


def test_every_changed_article_is_one_event_with_its_code_only(base, write_csv):
    articles.import_file(write_csv(FUND, HEAT), publish=True, actor="keeper1")
    with db.session() as session:
        told = [(row.kind, row.payload) for row in session.scalars(select(OutboxRow).order_by(OutboxRow.id))]
    assert told == [("ArticleChanged", {"code": "K1"}), ("ArticleChanged", {"code": "K2"})]


# -- the life of an article


def test_an_article_goes_from_draft_to_retired_and_every_version_is_kept(base):
    service.reindex()
    article = articles.write(Draft(**FUND), "keeper1")
    for action, state in (("submit", "review"), ("publish", "published"), ("retire", "retired")):
        _relay()
        assert (_codes(service.search("公积金")) == ["K1"]) is (article.state == "published")
        article = articles.step("K1", action, article.version, "keeper2")
        assert article.state == state
    _relay()
    assert _codes(service.search("公积金")) == []
    kept = [(r.version, r.state, r.by) for r in articles.revisions("K1")]
    assert kept == [
        (4, "retired", "keeper2"),
        (3, "published", "keeper2"),
        (2, "review", "keeper2"),
        (1, "draft", "keeper1"),
    ]


def _brought_to(state):
    article = articles.write(Draft(**FUND), "keeper1")
    for action in {"draft": (), "review": ("submit",), "published": ("submit", "publish")}.get(
        state, ("submit", "publish", "retire")
    ):
        article = articles.step("K1", action, article.version, "keeper1")
    return article


@pytest.mark.parametrize("state", list(articles.LABELS))
@pytest.mark.parametrize("action", [*articles.STEPS, "unknown"])
def test_a_step_works_where_the_table_lists_it_and_nowhere_else(base, state, action):
    article = _brought_to(state)
    source, target = articles.STEPS.get(action, ("", ""))
    if state == source:
        assert articles.step("K1", action, article.version, "keeper1").state == target
        return
    with pytest.raises(BadInput) as refused:
        articles.step("K1", action, article.version, "keeper1")
    assert refused.value.code == "article_step"
    assert _held("K1").version == article.version


def test_the_second_of_two_writers_is_told_who_was_first_and_overwrites_nothing(base):
    first = articles.write(Draft(**FUND), "keeper1")
    articles.write(Draft(**FUND | {"title": "公积金提取指南"}), "keeper2", first.version)
    for late in (
        lambda: articles.write(Draft(**FUND | {"title": "晚了"}), "keeper3", first.version),
        lambda: articles.step("K1", "submit", first.version, "keeper3"),
    ):
        with pytest.raises(Conflict) as refused:
            late()
        assert refused.value.fields == {"by": "keeper2", "version": "2"}
    with pytest.raises(Conflict, match="article_exists"):
        articles.write(Draft(**FUND), "keeper3")
    assert _held("K1").title == "公积金提取指南"


def test_of_two_who_publish_at_once_one_wins(base):
    article = _brought_to("review")
    outcomes = []

    def publish():
        try:
            outcomes.append(articles.step("K1", "publish", article.version, "keeper1").state)
        except Conflict as refused:
            outcomes.append(refused.code)

    both = [threading.Thread(target=publish) for _ in range(2)]
    for one in both:
        one.start()
    for one in both:
        one.join()
    assert sorted(outcomes) == ["article_changed", "published"]


def test_what_cannot_be_stored_is_refused_with_its_field(base):
    with pytest.raises(BadInput) as refused:
        articles.write(Draft("K1", " ", "正文"), "keeper1")
    assert refused.value.fields == {"title": "标题为空"}
    with pytest.raises(Missing):
        articles.step("none", "submit", 1, "keeper1")


# -- search


@pytest.mark.parametrize(
    ("effective", "expires", "found", "reason"),
    [
        ("", "", True, "no limit"),
        ("2026-11-24", "2026-11-24", True, "both days are included"),
        ("2026-11-25", "", False, "in force tomorrow only"),
        ("", "2026-11-23", False, "over since yesterday"),
    ],
)
@pytest.mark.parametrize("indexed", [True, False])
def test_only_articles_in_force_are_found(base, write_csv, effective, expires, found, reason, indexed):
    row = FUND | {"effective": effective, "expires": expires}
    articles.import_file(write_csv(row), publish=True, actor="keeper1")
    if indexed:
        service.reindex()
    results = service.search("公积金", now=NOON)
    assert results.degraded is not indexed
    assert (_codes(results) == ["K1"]) is found, reason


def test_a_day_begins_at_midnight_in_shanghai(base, write_csv):
    articles.import_file(write_csv(FUND | {"effective": "2026-11-25"}), publish=True, actor="keeper1")
    service.reindex()
    midnight = dt.datetime(2026, 11, 24, 16, tzinfo=dt.UTC)
    assert _codes(service.search("公积金", now=midnight - dt.timedelta(seconds=1))) == []
    assert _codes(service.search("公积金", now=midnight)) == ["K1"]


@pytest.mark.parametrize("indexed", [True, False])
def test_an_area_sees_its_own_and_the_common_articles(base, write_csv, indexed):
    rows = [HEAT | {"code": code, "area": area} for code, area in (("all", ""), ("own", "湖滨区"), ("far", "陕州区"))]
    articles.import_file(write_csv(*rows), publish=True, actor="keeper1")
    if indexed:
        service.reindex()
    assert set(_codes(service.search("供暖", area="湖滨区"))) == {"all", "own"}
    assert set(_codes(service.search("供暖"))) == {"all", "own", "far"}


def test_an_article_retired_a_moment_ago_is_not_shown_though_the_index_still_has_it(published):
    articles.step("K1", "retire", _held("K1").version, "keeper1")
    assert service.open_index(published).count() == 2
    assert _codes(service.search("公积金")) == []


def test_the_index_deleted_while_running_the_search_goes_to_the_database_and_the_next_event_rebuilds(published):
    shutil.rmtree(published.data / "index")
    results = service.search("怎么提取公积金")
    assert results.degraded
    assert _codes(results) == ["K1"]
    assert [results[0].passage[a:b] for a, b in results[0].marks] == ["提取", "公积金"]
    assert 0 < results[0].score <= 1
    _relay()
    results = service.search("怎么提取公积金")
    assert not results.degraded
    assert _codes(results) == ["K1"]


def test_the_database_search_puts_what_covers_most_first_and_takes_wildcards_as_text(base, write_csv):
    rows = [
        FUND | {"code": "one", "title": "其他", "body": "公积金"},
        FUND | {"code": "best"},
        HEAT | {"code": "sign", "title": "折扣", "body": "办理率100%"},
    ]
    articles.import_file(write_csv(*rows), publish=True, actor="keeper1")
    assert _codes(service.search("公积金提取身份证")) == ["best", "one"]
    assert _codes(service.search("%_")) == []
    assert _codes(service.search("100%")) == ["sign"]


def test_a_cluster_out_of_reach_the_search_goes_to_the_database_and_the_event_waits(published, monkeypatch):
    monkeypatch.setenv("ELASTICSEARCH_URL", "http://127.0.0.1:9")
    results = service.search("怎么提取公积金")
    assert results.degraded
    assert _codes(results) == ["K1"]
    with pytest.raises(IndexUnavailable):
        _relay()
    service.open_index(Settings()).client.close()


def test_what_is_written_while_the_index_is_rebuilt_is_in_it(published, write_csv):
    late = HEAT | {"code": "K3", "title": "供暖投诉"}

    def tell(done, _of):
        if done == 2:
            articles.import_file(write_csv(late, name="late.csv"), publish=True, actor="keeper1")
            articles.step("K1", "retire", _held("K1").version, "keeper1")

    service.reindex(tell)
    assert service.open_index(published).count() == 2
    assert set(_codes(service.search("供暖"))) == {"K2", "K3"}


def test_a_damaged_index_is_healed_once_and_a_good_one_is_left_alone(published):
    assert service.heal() is False
    (published.data / "index" / "current").resolve().joinpath("meta.json").write_text("rubbish", encoding="utf-8")
    assert service.search("公积金").degraded
    assert service.heal() is True
    assert service.heal() is False
    assert not service.search("公积金").degraded


def test_an_index_that_holds_another_number_of_articles_is_healed(published):
    service.open_index(published).drop(["K1"])
    assert _codes(service.search("公积金")) == []
    assert service.heal() is True
    assert _codes(service.search("公积金")) == ["K1"]


def test_the_same_event_twice_does_nothing_twice(published):
    assert _relay() == 2
    assert _relay() == 2
    assert service.open_index(published).count() == 2


def test_html_in_an_article_stays_text(base, write_csv):
    body = "<script>alert('公积金')</script><b>提取</b>"
    articles.import_file(write_csv(FUND | {"title": "<i>标题</i>", "body": body}), publish=True, actor="keeper1")
    service.reindex()
    found = service.search("公积金提取")[0]
    assert (found.title, found.passage) == ("<i>标题</i>", body)
    assert "".join(piece for piece, _ in found.pieces) == body
    assert ("公积金", True) in found.pieces


@pytest.mark.parametrize(
    "question", ["", "   ", "的了吗", "？？？", "title:* OR (", "' OR 1=1 --", "龘" * 5000, "\0公积"]
)
def test_nonsense_finds_nothing_and_breaks_nothing(published, question):
    assert set(_codes(service.search(question))) <= {"K1"}
    shutil.rmtree(published.data / "index")
    assert set(_codes(service.search(question))) <= {"K1"}


def test_names_of_the_city_are_words(city):
    with db.session() as session:
        service.learn_city(session)
    from kb import tokens

    assert "热线办" in tokens.terms("热线办在哪里")


# -- beside a case, and for the bot


def test_a_long_case_text_gets_at_most_three_articles_with_passages(published):
    text = "我家住在湖滨区，" + "这几天一直很冷，" * 300 + "请问什么时候供暖"
    short = service.suggest("家里很冷，什么时候开始供暖")
    assert _codes(short) == ["K2"]
    assert short[0].marks
    assert len(service.suggest(text)) <= service.SUGGESTED


@pytest.mark.parametrize(
    ("question", "code", "reason"),
    [
        ("公积金怎么提取", "K1", "all of the question is in the article"),
        ("什么时候供暖", "K2", "all of it, after the question words"),
        ("公园里的野猫太多，晚上叫得睡不着，身份证也丢了", None, "one word by chance is no answer"),
        ("你好", None, "a greeting asks nothing"),
        ("窗口", None, "a word that only falls in a text is no answer"),
    ],
)
def test_the_bot_answers_what_it_is_sure_of_and_nothing_else(published, question, code, reason):
    found = service.answer(question)
    assert (found.code if found else None) == code, reason


# -- command


def _run(*words):
    return CliRunner().invoke(kb, list(words))


def test_the_command_imports_says_what_it_left_out_and_finds_at_once(base, write_csv):
    file = write_csv(FUND, HEAT, {"code": "", "title": "x", "body": "y"})
    done = _run("import", str(file), "--publish", "--json")
    assert done.exit_code == 0
    counts = {"created": 2, "changed": 0, "same": 0, "bad": [{"line": 4, "reason": "编号为空"}]}
    assert json.loads(done.stdout) == counts
    assert "未采用 第 4 行：编号为空" in done.stderr
    found = _run("search", "公积金", "--json")
    document = json.loads(found.stdout)
    assert document["degraded"] is False
    (item,) = document["items"]
    assert set(item) == {"code", "title", "passage", "score"}
    assert (item["code"], item["title"]) == ("K1", FUND["title"])


def test_the_command_rebuilds_and_a_refused_file_is_one_sentence(base, write_csv, tmp_path):
    articles.import_file(write_csv(FUND), publish=True, actor="keeper1")
    done = _run("reindex")
    assert (done.exit_code, done.stdout) == (0, "已重建：1 条\n")
    assert "重建索引" in done.stderr
    bad = tmp_path / "bad.csv"
    bad.write_text("a,b\n", encoding="utf-8")
    refused = _run("import", str(bad))
    assert refused.exit_code == 1
    assert "缺少列：code、title、body" in refused.stderr
