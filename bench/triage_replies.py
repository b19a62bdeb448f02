"""The quality of replies: `python bench/triage_replies.py`, on public messages with their replies.

Does it tell a reply that belongs to another message: swapped at random, and swapped within the same town? Does it find
copies: earlier replies taken over for another matter with greeting, date and a fifth of the clauses changed?
"""

import csv
import random
import re
import sys
import time
from collections import Counter
from pathlib import Path

import numpy as np
from scipy.stats import rankdata

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

from kb import tokens  # noqa: E402
from triage import replies  # noqa: E402
from triage.alike import Told, nearness, rarity  # noqa: E402

DATA = ROOT.parent / "shared" / "data" / "messages_with_replies.csv"
SEED, LONG, COPIES, OTHERS = 42, 60, 200, 300
TOWN = re.compile(r"[A-Z]\d*[市县区]")


def useful(text):
    return replies.useful(tokens.terms(text))


def swapped(rows, dice):
    """For each message the number of another one's reply, at random and of the same town."""
    towns = {}
    for number, (matter, _) in enumerate(rows):
        found = TOWN.search(matter.title + matter.content)
        towns.setdefault(found[0] if found else "", []).append(number)
    every = list(range(len(rows)))
    home = {number: group for group in towns.values() for number in group}
    anybody = [dice.choice([n for n in dice.sample(every, 2) if n != number]) for number in every]
    near = [dice.choice([n for n in home[number] if n != number] or [anybody[number]]) for number in every]
    return anybody, near


def changed(reply, dice):
    """A copy as lazy people make it: another greeting and date, a fifth of the clauses left out, some numbers new."""
    clauses = [part for part in re.split(r"(?<=[，。；！])", reply) if dice.random() > 0.2]
    said = re.sub(r"\d", lambda digit: str(dice.randrange(10)) if dice.random() < 0.3 else digit[0], "".join(clauses))
    return f"尊敬的市民，您好！您的诉求已收悉，现答复如下：{said}2020年3月4日"


def area_under(right, wrong):
    ranks = rankdata(np.concatenate((right, wrong)))[: len(right)].sum()
    return (ranks - len(right) * (len(right) + 1) / 2) / len(right) / len(wrong)


def answers(matters, said, rows, rare, dice):
    def shares(whose):
        return np.array([replies.answered(matters[n], said[other], rare) for n, other in enumerate(whose)])

    own = shares(range(len(rows)))
    low = replies.ANSWERS_FROM
    print(f"own replies flagged as no answer: {np.mean(own < low):.3f} of {len(rows)}")
    for name, whose in zip(("anybody's", "same town's"), swapped(rows, dice), strict=True):
        other = shares(whose)
        print(f"swapped, {name:<12} flagged {np.mean(other < low):.3f}  area under curve {area_under(own, other):.3f}")


def copies(matters, rows, said, rare, dice):
    pairs = zip(said, matters, strict=True)
    made = [replies.Earlier(str(n), Told(one, ()), Told(a | b, ())) for n, (one, (a, b)) in enumerate(pairs)]
    long = [n for n in range(len(rows)) if len(replies.without_courtesy(rows[n][1])) >= LONG]
    found, times = 0, []
    for number in dice.sample(long, COPIES):
        other = dice.choice(long)
        while nearness(made[number].matter, made[other].matter, rare) >= replies.SAME_MATTER_FROM:
            other = dice.choice(long)
        copy = Told(useful(replies.without_courtesy(changed(rows[number][1], dice))), ())
        begun = time.perf_counter()
        hit = replies.copied(copy, made[other].matter, [made[number], *dice.sample(made, 199)], rare)
        times.append((time.perf_counter() - begun) * 1000)
        found += hit is not None and hit.number == str(number)
    took = np.median(times)
    print(f"copies for another matter found: {found / COPIES:.3f} of {COPIES} among 200, median {took:.1f} ms")
    told = Counter()
    for number in dice.sample(long, OTHERS):
        rest = [one for one in dice.sample(made, 400) if one.number != str(number)]
        told[replies.copied(made[number].reply, made[number].matter, rest, rare) is not None] += 1
    print(f"real replies called a copy of one of 400 others: {told[True]} of {OTHERS}")


def main():
    if not DATA.exists():
        sys.exit(f"{DATA} is absent")
    with DATA.open(encoding="utf-8-sig") as file:
        every = [(replies.Demand(row["留言主题"], row["留言详情"]), row["答复意见"]) for row in csv.DictReader(file)]
    rows = [row for row in every if len(row[1].strip()) >= LONG]
    dice = random.Random(SEED)
    matters = [(useful(matter.title), useful(matter.content)) for matter, _ in rows]
    said = [useful(replies.without_courtesy(reply)) for _, reply in rows]
    half = set(dice.sample(range(len(rows)), len(rows) // 2))
    rare = rarity(said[n] for n in half)  # how common a word is among other replies
    rest = [n for n in range(len(rows)) if n not in half]
    print(f"{len(rest)} replies of at least {LONG} characters; the other half tells how common words are")
    pick = [matters[n] for n in rest], [said[n] for n in rest], [rows[n] for n in rest]
    answers(pick[0], pick[1], pick[2], rare, dice)
    copies(pick[0], pick[2], pick[1], rare, dice)
    points = [replies.look(matter, reply, tokens.terms, rare) for matter, reply in every]
    print(f"points that hold, of all {len(every)} replies:")
    for place, point in enumerate(replies.Point):
        print(f"  {replies.LABELS[point]:<8} {np.mean([checks[place].passed for checks in points]):.3f}")


if __name__ == "__main__":
    main()
