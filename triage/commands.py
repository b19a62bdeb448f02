"""`hotline triage train|evaluate|predict`: documents on stdout, progress and complaints on stderr."""

import json
import sys
from collections.abc import Iterator
from io import BufferedReader
from pathlib import Path
from typing import Any, Final

import click
from tqdm import tqdm

from hotline import clock
from hotline.errors import HotlineError
from triage.classify import Classifier, Prediction
from triage.spacy_model import load

CHUNK: Final = 1 << 16
_FOLDER = click.Path(file_okay=False, path_type=Path)
_CORPUS = click.Path(exists=True, path_type=Path)


@click.group()
def triage() -> None:
    """分类模型：训练、评估、预测。"""


@triage.command()
@click.option(
    "--corpus", type=_CORPUS, required=True, help="CSV 文件（列 text,label[,department,weight]），或装有这类文件的目录"
)
@click.option("--out", type=_FOLDER, required=True, help="模型目录；已有的模型会被整体替换")
@click.option("--words", type=_CORPUS, help="分类表 CSV（列 code,first,second,keywords）；名称和关键词一并学习")
@click.option("--json", "as_json", is_flag=True, help="在标准输出打印模型说明（JSON）")
def train(corpus: Path, out: Path, words: Path | None, *, as_json: bool) -> None:
    """用带标签的文本训练分类模型。"""
    from triage.training.fit import STEPS  # noqa: PLC0415 - only training pays for loading it
    from triage.training.run import train as run_train  # noqa: PLC0415

    with tqdm(total=STEPS, file=sys.stderr, desc="训练", unit="步") as bar:

        def step(name: str) -> None:
            bar.set_postfix_str(name)
            bar.update()

        card = _refusing(run_train, corpus, out, step, clock.now(), words)
    _complain(card["rejected"], card["bad_rows"])
    click.echo(_line(card) if as_json else _train_summary(card))


def _train_summary(card: dict[str, Any]) -> str:
    figures = card["figures"]
    said = f"，交叉验证准确率 {figures['accuracy']:.3f}，宏平均 F1 {figures['macro_f1']:.3f}" if figures else ""
    return f"已训练：{card['rows']} 条，{len(card['labels'])} 类{said}"


@triage.command()
@click.option("--out", type=click.Path(dir_okay=False, path_type=Path), required=True, help="CSV 文件；只有本人可读")
def export(out: Path) -> None:
    """导出人工改派的诉求，供 triage train 使用。含市民原话，请妥善保管。"""
    from hotline import db  # noqa: PLC0415 - only this command needs the database
    from triage.training.corpus import write  # noqa: PLC0415
    from triage.training.propose import corrections  # noqa: PLC0415

    with db.session() as session:
        rows = corrections(session)
    write(rows, out)
    click.echo(f"已导出 {len(rows)} 条到 {out.name}")


@triage.command("train-risk")
@click.option("--sentences", type=_CORPUS, required=True, help="CSV 文件（列 text,label，标签为 险 或 无）")
@click.option("--background", type=_CORPUS, required=True, help="日常诉求的语料：CSV 文件或目录")
@click.option("--out", type=_FOLDER, required=True, help="险情模型目录；已有的会被整体替换")
@click.option("--json", "as_json", is_flag=True, help="打印模型说明（JSON）")
def train_risk(sentences: Path, background: Path, out: Path, *, as_json: bool) -> None:
    """训练险情识别：补充用词表认不出的说法。"""
    from triage.training.risk import train as run_train  # noqa: PLC0415 - only training pays for loading it

    card = _refusing(run_train, sentences, background, out, clock.now())
    held = card["held_out"]
    said = f"已训练：{card['rows']} 句，界限 {card['threshold']:.3f}，留出句查准率 {held['precision']:.3f}"
    click.echo(_line(card) if as_json else said)


@triage.command()
@click.option("--model", type=_FOLDER, required=True, help="模型目录")
@click.option("--corpus", type=_CORPUS, required=True, help="CSV 文件或目录")
@click.option("--json", "as_json", is_flag=True, help="打印 JSON")
def evaluate(model: Path, corpus: Path, *, as_json: bool) -> None:
    """在带标签的文本上评估模型。"""
    from triage.training.run import evaluate as run_evaluate  # noqa: PLC0415

    report = _refusing(run_evaluate, model, corpus)
    bad = report.pop("bad_rows")
    _complain(bad[:100], len(bad))
    click.echo(_line(report) if as_json else _evaluate_summary(report))


def _evaluate_summary(report: dict[str, Any]) -> str:
    head = (
        f"{report['n']} 条：准确率 {report['accuracy']:.4f}，宏平均 F1 {report['macro_f1']:.4f}，"
        f"每秒 {report['texts_per_second']:.0f} 条"
    )
    rows = (f"{label}\t{score['n']}\t{score['f1']:.3f}" for label, score in report["per_label"].items())
    return "\n".join((head, "标签\t条数\tF1", *rows))


@triage.command()
@click.option("--model", type=_FOLDER, required=True, help="模型目录")
def predict(model: Path) -> None:
    """从标准输入逐行读 JSON（{"text": …}），逐行输出预测；坏行给出错误后继续。"""
    classifier = _refusing(load, model)
    stdin: Any = sys.stdin.buffer
    stdout = sys.stdout.buffer
    number = 1
    for lines in batches(stdin):
        for answer in answers(classifier, lines, number):
            stdout.write(answer.encode() + b"\n")
        stdout.flush()
        number += len(lines)


def batches(stream: BufferedReader) -> Iterator[list[bytes]]:
    """Whole lines as they arrive: many at once from a file, one at a time from a program that waits for its answer."""
    rest = b""
    while chunk := stream.read1(CHUNK):
        *lines, rest = (rest + chunk).split(b"\n")
        if lines:
            yield lines
    if rest:
        yield [rest]


def answers(classifier: Classifier, lines: list[bytes], first: int) -> Iterator[str]:
    """One JSON line for every input line that is not blank, in order; `first` is the number of the first line."""
    asked = [_asked(line, first + place) for place, line in enumerate(lines) if line.strip()]
    known = iter(classifier.predict_many([text for text in asked if isinstance(text, str)]))
    for text in asked:
        yield _line(_answer(next(known)) if isinstance(text, str) else text)


def _asked(line: bytes, number: int) -> str | dict[str, Any]:
    """The text of an input line, or the error it gets for an answer."""
    try:
        request = json.loads(line)
    except (ValueError, RecursionError):
        return _error("bad_json", f"第 {number} 行不是合法的 JSON")
    text = request.get("text") if isinstance(request, dict) else None
    if not isinstance(text, str):
        return _error("text_missing", f"第 {number} 行缺少文本字段 text")
    return text if text.strip() else _error("text_empty", f"第 {number} 行的文本为空")


def _error(code: str, message: str) -> dict[str, Any]:
    return {"error": {"code": code, "message": message}}


def _answer(prediction: Prediction) -> dict[str, Any]:
    return {"label": prediction.label, "confidence": prediction.confidence, "top": prediction.top}


def _line(document: Any) -> str:
    return json.dumps(document, ensure_ascii=False)


def _complain(shown: list[str], count: int) -> None:
    for row in shown:
        click.echo(f"未采用 {row}", err=True)
    if count > len(shown):
        click.echo(f"未采用的行共 {count} 条", err=True)


def _refusing(act: Any, *given: Any) -> Any:
    """Calls `act`; a refusal becomes its Chinese sentence on stderr and exit code 1."""
    try:
        return act(*given)
    except HotlineError as refusal:
        raise click.ClickException(refusal.message) from refusal
