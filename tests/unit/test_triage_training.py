"""From a CSV to a model directory and back: what is trained, refused, replaced and answered."""

import csv
import datetime as dt
import json
import shutil
from pathlib import Path

import numpy as np
import pytest
from click.testing import CliRunner

from hotline.errors import BadInput
from triage import labels
from triage.classify import Unavailable
from triage.commands import triage
from triage.linear import Table, normalise
from triage.spacy_model import CARD, load, read_card
from triage.training.corpus import read
from triage.training.figures import accuracy, calibration_error, macro_f1, per_label
from triage.training.fit import INNER_FOLDS, STEPS, fit, fold_numbers
from triage.training.run import evaluate, train

pytestmark = pytest.mark.fast
NOW = dt.datetime(2026, 11, 24, 2, 0, tzinfo=dt.UTC)
SHARED = Path(__file__).resolve().parents[3] / "shared" / "data" / "complaints_train.csv"
TOPICS = {
    "0101": ("占道", "摆摊", "小吃车", "夜市摊", "马路市场"),
    "0203": ("施工噪声", "工地夜间施工", "广场舞扰民", "装修声音", "喇叭吵人"),
    "0304": ("停水", "水压低", "水管爆裂", "自来水发黄", "水表不准"),
}
FRAMES = ("反映{}的问题", "小区门口{}，没人管", "请问{}归谁管", "{}已经三天了", "希望尽快处理{}")
ROWS = [(frame.format(word), label) for label, words in TOPICS.items() for word in words for frame in FRAMES]


def silent(_: str) -> None:
    """Nobody listens."""


def write(path, rows, columns=("text", "label"), encoding="utf-8"):
    with path.open("w", encoding=encoding, newline="") as file:
        writer = csv.writer(file)
        writer.writerow(columns)
        writer.writerows(rows)
    return path


@pytest.fixture(scope="module")
def model(tmp_path_factory):
    folder = tmp_path_factory.mktemp("model")
    train(write(folder / "corpus.csv", ROWS), folder / "model", silent, NOW)
    return folder / "model"


def test_a_few_rows_per_label_are_enough(model):
    assert load(model).predict("我们这里又停水了，水压也低").label == "0304"
    assert load(model).predict("楼下半夜还在施工，噪声很大").label == "0203"


def test_the_same_corpus_gives_the_same_model(model, tmp_path):
    train(write(tmp_path / "corpus.csv", ROWS), tmp_path / "again", silent, NOW)
    files = sorted(file.relative_to(model) for file in model.rglob("*") if file.is_file())
    assert files
    assert all((tmp_path / "again" / file).read_bytes() == (model / file).read_bytes() for file in files)


def test_the_card_says_what_the_model_is_made_of(model):
    card = read_card(model)
    assert card["date"] == "2026-11-24T10:00:00+08:00"
    assert card["rows"] == len(ROWS)
    assert card["labels"] == dict.fromkeys(TOPICS, 25)
    assert len(card["corpus_sha256"]) == 64
    assert 0.5 < card["figures"]["accuracy"] <= 1


def test_the_model_directory_holds_nothing_that_runs_when_read(model):
    names = {file.suffix for file in model.rglob("*") if file.is_file()}
    assert not names & {".pkl", ".pickle", ".py", ".joblib"}
    with np.load(model / "linear_categorizer" / "weights.npz", allow_pickle=False) as arrays:
        assert arrays["weights"].dtype == np.float16


def test_progress_hears_every_part(tmp_path):
    heard = []
    train(write(tmp_path / "corpus.csv", ROWS), tmp_path / "model", heard.append, NOW)
    assert len(heard) == STEPS


def test_a_folder_is_read_in_order_of_names(tmp_path):
    write(tmp_path / "02.csv", [("乙", "b", "d2")], ("text", "label", "department"))
    write(tmp_path / "01.csv", [("甲", "a")])
    corpus = read(tmp_path)
    assert [(row.text, row.label, row.department) for row in corpus.examples] == [("甲", "a", ""), ("乙", "b", "d2")]


def test_a_spreadsheet_of_chinese_windows_is_read(tmp_path):
    assert read(write(tmp_path / "a.csv", [("停水了", "供水")], encoding="gb18030")).texts == ["停水了"]


BAD_ROWS = [
    (",0101", "文本为空"),
    ("   ,0101", "文本为空"),
    ("停水,", "标签为空"),
    ("停水", "标签为空"),
    ("停水,0304,多了,又多", "列数多于表头"),
    ("停" * 100_001 + ",0304", "文本超过"),
    ("停" * 140_000 + ",0304", "CSV 格式错误"),
    ('"没有结束,0304', "CSV 格式错误"),
]


@pytest.mark.parametrize(("row", "reason"), BAD_ROWS, ids=range(len(BAD_ROWS)))
def test_a_bad_row_is_reported_with_its_line(tmp_path, row, reason):
    path = tmp_path / "corpus.csv"
    path.write_text(f'text,label\n"好\n行",0101\n{row}\n', encoding="utf-8")
    corpus = read(path)
    assert corpus.texts == ["好\n行"]
    assert [(bad.file, bad.line) for bad in corpus.bad] == [("corpus.csv", 4)]
    assert corpus.bad[0].reason.startswith(reason)


REFUSED = [
    ("text,kind\n停水,1\n", "corpus_columns"),
    ("", "corpus_columns"),
    ("text,label\n", "corpus_empty"),
    ("text,label\n停水,1\n停电,1\n", "corpus_labels"),
]


@pytest.mark.parametrize(("content", "code"), REFUSED)
def test_a_corpus_that_teaches_nothing_is_refused(tmp_path, content, code):
    (tmp_path / "corpus.csv").write_text(content, encoding="utf-8")
    with pytest.raises(BadInput) as refused:
        train(tmp_path / "corpus.csv", tmp_path / "model", silent, NOW)
    assert refused.value.code == code
    assert not (tmp_path / "model").exists()


def test_bytes_that_are_no_text_are_refused(tmp_path):
    (tmp_path / "corpus.csv").write_bytes(b"text,label\n\xff\xff\xff,1\n")
    with pytest.raises(BadInput, match="corpus_encoding"):
        read(tmp_path / "corpus.csv")


@pytest.mark.parametrize("rows", [[("停水", "a"), ("停电", "b")], [("停水", "a")] * 9 + [("停电", "b")]])
def test_hardly_any_rows_still_make_a_model(tmp_path, rows):
    card = train(write(tmp_path / "corpus.csv", rows), tmp_path / "model", silent, NOW)
    assert load(tmp_path / "model").predict("停电").label == "b"
    assert card["rows"] == len(rows)


def test_an_older_model_is_replaced_as_a_whole(model, tmp_path):
    out = tmp_path / "model"
    shutil.copytree(model, out)
    (out / "left over").write_text("x")
    train(write(tmp_path / "corpus.csv", ROWS[:50]), out, silent, NOW)
    assert read_card(out)["rows"] == 50
    assert not (out / "left over").exists()
    assert sorted(path.name for path in tmp_path.iterdir()) == ["corpus.csv", "model"]


def test_a_folder_that_is_no_model_is_never_replaced(tmp_path):
    (tmp_path / "papers").mkdir()
    (tmp_path / "papers" / "letter").write_text("dear")
    with pytest.raises(BadInput, match="out_not_a_model"):
        train(write(tmp_path / "corpus.csv", ROWS), tmp_path / "papers", silent, NOW)
    assert (tmp_path / "papers" / "letter").read_text() == "dear"


def test_a_missing_model_says_so(tmp_path):
    for read_it in (load, read_card):
        with pytest.raises(Unavailable) as refused:
            read_it(tmp_path / "none")
        assert refused.value.code == "model_missing"


PARTS = ["config.cfg", "linear_categorizer/weights.npz", "linear_categorizer/labels.json", "meta.json"]
HARM = {
    "cut": lambda content: content[: len(content) // 2],
    "empty": lambda _: b"",
    "noise": lambda content: bytes(byte ^ 0x5A for byte in content),
}


@pytest.mark.parametrize("part", PARTS)
@pytest.mark.parametrize("harm", HARM)
def test_a_broken_model_says_so(model, tmp_path, part, harm):
    shutil.copytree(model, tmp_path / "model")
    victim = tmp_path / "model" / part
    victim.write_bytes(HARM[harm](victim.read_bytes()))
    with pytest.raises(Unavailable) as refused:
        load(tmp_path / "model")
    assert refused.value.code == "model_broken"


def test_labels_that_do_not_fit_the_weights_are_a_broken_model(model, tmp_path):
    shutil.copytree(model, tmp_path / "model")
    (tmp_path / "model" / "linear_categorizer" / "labels.json").write_text('["one", "two"]')
    with pytest.raises(Unavailable, match="model_broken"):
        load(tmp_path / "model")


def test_evaluate_judges_on_another_corpus(model, tmp_path):
    report = evaluate(model, write(tmp_path / "test.csv", [("停水了", "0304"), ("摆摊占道", "0101"), ("停水", "0101")]))
    assert report["n"] == 3
    assert report["accuracy"] == pytest.approx(2 / 3)
    assert report["per_label"]["0304"] == {"precision": 0.5, "recall": 1.0, "f1": pytest.approx(2 / 3), "n": 1}
    assert report["texts_per_second"] > 0


def test_the_commands_train_evaluate_and_predict(tmp_path):
    corpus, out = write(tmp_path / "corpus.csv", [*ROWS, ("", "0101")]), tmp_path / "model"
    run = CliRunner().invoke(triage, ["train", "--corpus", str(corpus), "--out", str(out)])
    assert run.exit_code == 0, run.output
    assert "未采用 corpus.csv:77 文本为空" in run.stderr
    judged = CliRunner().invoke(triage, ["evaluate", "--model", str(out), "--corpus", str(corpus), "--json"])
    assert set(json.loads(judged.stdout)) == {"n", "accuracy", "macro_f1", "per_label", "texts_per_second"}
    asked = '{"text": "停水两天"}\n\nnot json\n{"text": 3}\n[]\n{"text": " "}\n' + '{"text": "摆摊"}'
    said = CliRunner().invoke(triage, ["predict", "--model", str(out)], input=asked)
    answers = [json.loads(line) for line in said.stdout.splitlines()]
    assert [answer.get("label") for answer in answers] == ["0304", None, None, None, None, "0101"]
    codes = [answer["error"]["code"] for answer in answers if "error" in answer]
    assert codes == ["bad_json", "text_missing", "text_missing", "text_empty"]
    assert "第 3 行" in answers[1]["error"]["message"]
    assert set(answers[0]) == {"label", "confidence", "top"}


def test_the_commands_refuse_in_chinese(tmp_path):
    said = CliRunner().invoke(triage, ["predict", "--model", str(tmp_path / "none")], input="{}\n")
    assert said.exit_code == 1
    assert "请先训练" in said.stderr


def test_a_table_of_hashes_finds_all_and_only_what_it_holds():
    draw = np.random.default_rng(1)
    keys = np.unique(draw.integers(0, 2**63, 5000).astype(np.uint64))
    hits, places = Table(keys[::2]).find(keys)
    assert sorted(hits.tolist()) == list(range(0, len(keys), 2))
    assert (keys[::2][places] == keys[hits]).all()
    assert len(Table(keys[:0]).find(keys)[0]) == 0


def test_folds_spread_each_label_evenly():
    target = np.array([0] * 50 + [1] * 13 + [2])
    folds = fold_numbers(target, INNER_FOLDS)
    assert np.ptp(np.bincount(folds[target == 0])) == 0
    assert np.ptp(np.bincount(folds[target == 1], minlength=INNER_FOLDS)) == 1


def test_a_category_without_rows_is_known_by_its_words(tmp_path):
    table = [("0304", "水电", "供水", "停水;水压"), ("0909", "农业", "农药种子", "假种子;化肥;农药")]
    words = write(tmp_path / "words.csv", table, ("code", "first", "second", "keywords"))
    card = train(write(tmp_path / "corpus.csv", ROWS), tmp_path / "model", silent, NOW, words)
    assert card["hints"] == 4 + 5
    assert "0909" not in card["labels"]
    assert load(tmp_path / "model").predict("买到了假种子，化肥也是假的").label == "0909"


def test_a_table_without_words_is_refused(tmp_path):
    words = write(tmp_path / "words.csv", [("0304", "供水")], ("code", "name"))
    with pytest.raises(BadInput, match="words_columns"):
        train(write(tmp_path / "corpus.csv", ROWS), tmp_path / "model", silent, NOW, words)


NORMALISED = [
    ("A市B3区 的\n\n路", "某市某区 的 路", "masked places and blanks"),
    ("2026年１２月", "0000年00月", "digits, also full-width"),
    ("ABC", "abc", "lower case"),
    ("停水了,电话138 0000-1234", "停水了,电话", "a telephone number says who, not what about"),
    ("打12345没人接", "打00000没人接", "a short number is a name"),
    ("  ", "", "nothing"),
]


@pytest.mark.parametrize(("text", "plain", "why"), NORMALISED)
def test_normalised(text, plain, why):
    assert normalise(text) == plain, why


def test_one_label_cannot_be_told_apart():
    with pytest.raises(ValueError, match="two labels"):
        fit(["停水", "停电"], ["a", "a"], silent)


def test_figures_of_a_hand_made_case():
    true, said = ["a", "a", "b", "c"], ["a", "b", "b", "d"]
    assert accuracy(true, said) == 0.5
    assert macro_f1(true, said) == pytest.approx((2 / 3 + 2 / 3 + 0 + 0) / 4)
    assert per_label(true, said)["d"] == {"precision": 0.0, "recall": 0.0, "f1": 0.0, "n": 0}
    assert calibration_error(np.array([0.95, 0.95, 0.55]), np.array([1, 0, 1])) == pytest.approx((0.9 + 0.45) / 3)


NAMES = {"07": "环境保护", "0703": "噪声"}


def test_codes_of_the_tree_are_read_by_level():
    assert labels.first_level("0703") == "07"
    assert labels.first_level("环境保护") == "环境保护"
    assert labels.path("0703", NAMES) == "环境保护 / 噪声"
    assert labels.name("0799", NAMES) == "0799"
    assert labels.unknown(["0703", "0799"], NAMES) == ("0799",)
    assert [labels.level(code) for code in ("07", "0703", "070", "x")] == [1, 2, 0, 0]


@pytest.mark.skipif(not SHARED.exists(), reason=f"the licence-less sample rows are absent: {SHARED.name}")
def test_real_messages_are_told_apart(tmp_path):
    with SHARED.open(encoding="utf-8-sig", newline="") as file:
        rows = [(row["text"], row["label"]) for row in csv.DictReader(file)][:600]
    train(write(tmp_path / "train.csv", rows[:400]), tmp_path / "model", silent, NOW)
    report = evaluate(tmp_path / "model", write(tmp_path / "test.csv", rows[400:]))
    assert report["accuracy"] > 0.75
    assert (tmp_path / "model" / CARD).is_file()
