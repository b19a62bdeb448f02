"""The pages of docs/ that are made from the code: `python -m web.cli.papers` writes them, a test compares them."""

from pathlib import Path

from hotline import words
from hotline.lifecycle import STEPS, Step
from hotline.settings import ROOT
from hotline.words import Role, State, Word

TITLES = {
    "State": "诉求状态",
    "Action": "操作",
    "Role": "角色",
    "Clock": "时钟",
    "Outcome": "时钟结果",
    "Kind": "诉求类型",
    "Urgency": "紧急程度",
    "Channel": "来源渠道",
    "Part": "主办与协办",
    "Delivery": "部门办理进度",
    "Verdict": "差评判定",
    "ReviewPoint": "答复审核要点",
    "Level": "好差评",
    "Stuck": "办不成事",
    "StuckEnd": "办不成事的结果",
    "Rule": "规则",
    "DraftState": "规则修改的进度",
}


def _vocabularies() -> list[type[Word]]:
    return [getattr(words, name) for name in TITLES]


def glossary() -> str:
    """中文 | English | in code, for every word of the vocabulary."""
    lines = ["# Glossary", "", "Made from `hotline/words.py` by `python -m web.cli.papers`.", ""]
    for vocabulary in _vocabularies():
        name = vocabulary.__name__
        lines += [f"## {TITLES[name]} (`{name}`)", "", "| 中文 | English | in code |", "|---|---|---|"]
        lines += [f"| {w.label} | {w.name.lower().replace('_', ' ')} | `{w.value}` |" for w in vocabulary]
        lines.append("")
    return "\n".join(lines)


def _row(step: Step) -> str:
    sources = "、".join(state.label for state in State if state in step.sources)
    target = step.target.label if step.target else "不变"
    roles = "、".join(role.label for role in Role if role in step.roles)
    starts = "、".join(clock.label for clock in step.starts) or "—"
    stops = "全部" if len(step.stops) == len(words.Clock) else "、".join(clock.label for clock in step.stops) or "—"
    needs = ", ".join(step.needs) or "—"
    guards = ", ".join(filter(None, (step.when, *step.guards))) or "—"
    cells = (f"{step.action.label} `{step.action}`", sources, target, roles, needs, starts, stops, guards)
    return "| " + " | ".join(cells) + " |"


def lifecycle() -> str:
    """The table of hotline/lifecycle.py, a row a step."""
    head = ["# Life cycle of a case", "", "Made from `hotline/lifecycle.py` by `python -m web.cli.papers`.", ""]
    head += ["| 操作 | 从 | 到 | 谁 | 必填 | 开始计时 | 停止计时 | 条件 |", "|---|---|---|---|---|---|---|---|"]
    return "\n".join([*head, *(_row(step) for step in STEPS), ""])


PAPERS = {"glossary.md": glossary, "lifecycle.md": lifecycle}


def write(folder: Path = ROOT / "docs") -> None:
    """Write all made pages."""
    for name, make in PAPERS.items():
        (folder / name).write_text(make(), encoding="utf-8")


if __name__ == "__main__":
    write()
