"""One suite for every search engine: tantivy in a folder, Elasticsearch as a real node."""

import datetime as dt
import os
import socket
import threading

import pytest

from kb.elastic_index import ElasticIndex
from kb.elastic_node import ElasticNode, NodeMissing, obstacle
from kb.index import Entry, Filters, IndexUnavailable
from kb.tantivy_index import TantivyIndex
from kb.tokens import asked

DAY = dt.date(2026, 11, 24)
ANYWHERE = Filters(DAY)
ENGINES = ("tantivy", "elasticsearch")


def _free_port():
    with socket.socket() as door:
        door.bind(("127.0.0.1", 0))
        return door.getsockname()[1]


@pytest.fixture(scope="session")
def elastic(tmp_path_factory):
    """A node of this run. Without Java or Maven the tests are skipped with the reason, in CI they fail with it."""
    away = pytest.fail if os.environ.get("CI") == "true" else pytest.skip
    if why := obstacle():
        away(f"Elasticsearch cannot be started: {why}")
    node = ElasticNode(tmp_path_factory.mktemp("elastic"), _free_port(), _free_port())
    try:
        node.start()
    except NodeMissing as missing:
        away(str(missing))
    yield node
    node.stop()


@pytest.fixture(params=ENGINES)
def empty(request, tmp_path):
    """Makes indices that look at the same, not yet built place: two of them are two processes."""
    if request.param == "tantivy":
        yield lambda: TantivyIndex(tmp_path / "index", patience=0.2)
        return
    node = request.getfixturevalue("elastic")
    alias = f"test-{os.urandom(4).hex()}"
    made = []

    def make():
        made.append(ElasticIndex(node.url, alias))
        return made[-1]

    yield make
    for index in made:
        index.client.close()


@pytest.fixture
def index(empty):
    made = empty()
    made.rebuild([])
    return made


def _codes(index, question, filters=ANYWHERE, limit=10):
    return [hit.code for hit in index.find(asked(question), limit, filters)]


def test_a_missing_index_says_so_to_every_call_and_no_write_makes_half_of_one(empty):
    index = empty()
    calls = (
        index.count,
        lambda: index.find(["公积金"], 5, ANYWHERE),
        lambda: index.put([Entry("a", 1, "公积金", "提取")]),
        lambda: index.drop(["a"]),
    )
    for call in calls:
        with pytest.raises(IndexUnavailable):
            call()


def test_an_empty_index_is_an_index(index):
    assert index.count() == 0
    assert _codes(index, "公积金") == []


def test_what_is_put_is_found_at_once_by_every_reader(empty, index):
    other = empty()
    assert other.count() == 0
    index.put([Entry("a", 1, "公积金怎么提取", "带身份证"), Entry("b", 1, "供暖时间", "十一月开始")])
    for reader in (index, other):
        assert reader.count() == 2
        assert _codes(reader, "公积金") == ["a"]
        assert _codes(reader, "身份证") == ["a"]
        assert _codes(reader, "没有这个词汇") == []


def test_a_new_version_replaces_and_an_older_one_never_does(index):
    index.put([Entry("a", 2, "公积金", "提取")])
    index.put([Entry("a", 3, "供暖", "时间")])
    index.put([Entry("a", 2, "公积金", "提取")])
    assert index.count() == 1
    assert _codes(index, "公积金") == []
    assert _codes(index, "供暖") == ["a"]


def test_the_same_twice_is_once(index):
    entry = Entry("a", 1, "公积金", "提取")
    index.put([entry])
    index.put([entry])
    assert index.count() == 1


def test_dropped_articles_are_gone_unknown_codes_are_no_error_and_a_dropped_one_may_return(index):
    entry = Entry("a", 1, "公积金", "提取")
    index.put([entry, Entry("b", 1, "供暖", "时间")])
    index.drop(["a", "never seen"])
    index.drop(["a"])
    assert _codes(index, "公积金") == []
    assert index.count() == 1
    index.put([entry])
    assert _codes(index, "公积金") == ["a"]


def test_of_many_who_write_one_article_at_once_the_newest_version_stays(empty, index):
    def write(version):
        for _ in range(20):
            try:
                empty().put([Entry("a", version, f"公积金{version}", "提取")])
            except IndexUnavailable:
                continue
            return

    writers = [threading.Thread(target=write, args=(version,)) for version in range(1, 6)]
    for writer in writers:
        writer.start()
    for writer in writers:
        writer.join()
    assert index.count() == 1
    assert index.find(["公积金", "5"], 5, ANYWHERE)[0].code == "a"
    assert index.find(["5"], 5, ANYWHERE)
    assert not index.find(["1", "2", "3", "4"], 5, ANYWHERE)


def test_a_word_in_the_title_says_more_than_one_in_the_body(index):
    index.put([Entry("body", 1, "办事指南", "公积金"), Entry("title", 1, "公积金", "办事指南")])
    assert _codes(index, "公积金") == ["title", "body"]


def test_more_asked_words_stand_higher_and_the_limit_holds(index):
    index.put(
        [Entry(f"n{n}", 1, "其他事项", "公积金") for n in range(5)] + [Entry("best", 1, "其他事项", "公积金 提取")]
    )
    assert _codes(index, "公积金提取")[0] == "best"
    assert len(_codes(index, "公积金", limit=3)) == 3
    assert _codes(index, "公积金", limit=0) == []


def test_scores_come_best_first(index):
    index.put([Entry(f"n{n}", 1, "公积金 " * n + "其他", "文字" * n) for n in range(1, 6)])
    scores = [hit.score for hit in index.find(["公积金"], 10, ANYWHERE)]
    assert len(scores) == 5
    assert scores == sorted(scores, reverse=True)
    assert scores[-1] > 0


@pytest.mark.parametrize(
    ("begins", "ends", "found", "reason"),
    [
        (None, None, True, "always in force"),
        (DAY, DAY, True, "both days are included"),
        (DAY + dt.timedelta(1), None, False, "begins tomorrow"),
        (None, DAY - dt.timedelta(1), False, "ended yesterday"),
    ],
)
def test_only_what_is_in_force_is_found(index, begins, ends, found, reason):
    days = {"begins": begins.toordinal() if begins else 0} | ({"ends": ends.toordinal()} if ends else {})
    index.put([Entry("a", 1, "公积金", "提取", **days)])
    assert (_codes(index, "公积金") == ["a"]) is found, reason


def test_an_area_sees_its_own_and_the_common_articles(index):
    index.put(
        [Entry("common", 1, "供暖", ""), Entry("own", 1, "供暖", "", "湖滨区"), Entry("far", 1, "供暖", "", "陕州区")]
    )
    assert set(_codes(index, "供暖", Filters(DAY, "湖滨区"))) == {"common", "own"}
    assert set(_codes(index, "供暖")) == {"common", "own", "far"}


@pytest.mark.parametrize(
    "words", ["title:公积金", "a AND b", "*", '"', "(", "公积金~2 OR [a TO z]", "\\", "{!x}", "-公积金"]
)
def test_what_is_typed_is_never_a_query_language(index, words):
    index.put([Entry("a", 1, "供暖", "时间")])
    assert index.find([words], 5, ANYWHERE) == []
    assert index.find(words.split(), 5, ANYWHERE) == []


def test_no_words_find_nothing(index):
    index.put([Entry("a", 1, "供暖", "时间")])
    assert index.find([], 5, ANYWHERE) == []


def test_a_rebuild_replaces_everything_for_every_reader(empty, index):
    other = empty()
    index.put([Entry("old", 9, "公积金", "提取")])
    assert other.count() == 1
    assert index.rebuild(Entry(f"n{n}", 1, "供暖", f"第{n}条") for n in range(30)) == 30
    for reader in (index, other):
        assert reader.count() == 30
        assert _codes(reader, "公积金") == []
        assert len(_codes(reader, "供暖", limit=50)) == 30


def test_a_rebuild_that_fails_leaves_the_old_index(index):
    def broken():
        yield Entry("n", 1, "供暖", "时间")
        raise RuntimeError("the database went away")

    index.put([Entry("old", 1, "公积金", "提取")])
    with pytest.raises(RuntimeError, match="went away"):
        index.rebuild(broken())
    assert _codes(index, "公积金") == ["old"]
    assert _codes(index, "供暖") == []
    assert index.rebuild([Entry("n", 1, "供暖", "时间")]) == 1


def test_searches_go_on_while_it_is_rebuilt_and_never_see_half(index):
    entries = [Entry(f"n{n}", 1, "供暖", "时间") for n in range(40)]
    index.rebuild(entries)
    seen, ended = [], threading.Event()

    def look():
        while not ended.is_set():
            seen.append(len(index.find(["供暖"], 100, ANYWHERE)))

    reader = threading.Thread(target=look)
    reader.start()
    try:
        for _ in range(3):
            index.rebuild(entries)
    finally:
        ended.set()
        reader.join()
    assert seen
    assert set(seen) == {40}


def test_both_engines_rank_the_same(tmp_path, elastic):
    titles = ["公积金提取材料", "公积金贷款额度", "供暖时间和温度", "占道经营投诉", "医保异地就医备案", "居住证办理"]
    entries = [Entry(f"n{n}", 1, title, title * (n % 3) + "带身份证到窗口办理") for n, title in enumerate(titles)]
    engines = [TantivyIndex(tmp_path / "index"), ElasticIndex(elastic.url, f"same-{os.urandom(4).hex()}")]
    for engine in engines:
        engine.rebuild(entries)
    for question in ("公积金怎么提取", "异地医保", "投诉占道", "供暖温度"):
        one, two = (_codes(engine, question) for engine in engines)
        assert one[0] == two[0]
        assert set(one) == set(two)
    engines[1].client.close()


def test_elasticsearch_out_of_reach_is_said():
    index = ElasticIndex(f"http://127.0.0.1:{_free_port()}")
    for call in (index.count, lambda: index.find(["公积金"], 5, ANYWHERE), lambda: index.rebuild([])):
        with pytest.raises(IndexUnavailable):
            call()
    index.client.close()


def test_a_second_writer_waits_and_says_locked_when_it_takes_too_long(tmp_path):
    first, second = (TantivyIndex(tmp_path / "index", patience=0.2) for _ in range(2))
    first.rebuild([])
    with first._writing(), pytest.raises(IndexUnavailable, match="locked"):
        second.put([Entry("a", 1, "公积金", "提取")])
    second.put([Entry("a", 1, "公积金", "提取")])
    assert first.count() == 1


@pytest.mark.parametrize("broken", ["meta.json", "segments"])
def test_a_damaged_folder_is_said_and_can_be_rebuilt(tmp_path, broken):
    index = TantivyIndex(tmp_path / "index")
    index.rebuild([Entry("a", 1, "公积金", "提取")])
    here = (tmp_path / "index" / "current").resolve()
    for file in [here / broken] if broken == "meta.json" else [f for f in here.iterdir() if f.suffix]:
        file.unlink()
        file.write_bytes(b"\x00rubbish")
    fresh = TantivyIndex(tmp_path / "index")
    with pytest.raises(IndexUnavailable):
        fresh.find(["公积金"], 5, ANYWHERE)
    fresh.rebuild([Entry("a", 1, "公积金", "提取")])
    assert _codes(fresh, "公积金") == ["a"]
    assert _codes(index, "公积金") == ["a"]
    assert len(list((tmp_path / "index").glob("gen-*"))) == 1
