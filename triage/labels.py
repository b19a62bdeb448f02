"""Codes of the category tree: two digits per level, `07` the first level, `0703` the second under it."""

from collections.abc import Iterable, Mapping

DIGITS_PER_LEVEL = 2
BETWEEN = " / "


def level(code: str) -> int:
    """1 for a first-level code, 2 for one below it; 0 where it is no code of the tree (ValueError is not raised)."""
    whole = code.isascii() and code.isdigit() and len(code) % DIGITS_PER_LEVEL == 0
    return len(code) // DIGITS_PER_LEVEL if whole else 0


def first_level(code: str) -> str:
    """The first-level code above `code`, or itself; a label that is no code is its own first level."""
    return code[:DIGITS_PER_LEVEL] if level(code) else code


def parents(code: str) -> tuple[str, ...]:
    """The codes above, from the first level down, without the code itself."""
    return tuple(code[: DIGITS_PER_LEVEL * depth] for depth in range(1, level(code)))


def name(code: str, names: Mapping[str, str]) -> str:
    """The Chinese name in the table; a code the table does not know reads as itself, never as nothing."""
    return names.get(code, code)


def path(code: str, names: Mapping[str, str]) -> str:
    """All names from the first level down: 环境保护 / 噪声."""
    return BETWEEN.join(name(step, names) for step in (*parents(code), code))


def unknown(labels: Iterable[str], names: Mapping[str, str]) -> tuple[str, ...]:
    """The labels the table does not know, sorted; a model that gives one of these needs a person."""
    return tuple(sorted({label for label in labels if label not in names}))
