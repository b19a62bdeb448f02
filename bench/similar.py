"""Similar cases at a million: `python bench/similar.py [ROWS]` on a database of its own.

Cases are made of the starter corpus's sentences at invented places; 300 of them are rewritten by a script (synonyms,
clauses dropped and turned round, openings, lost characters) and looked for; 300 matters that are not there are, too.
"""

import csv
import os
import random
import sys
import time
from pathlib import Path

import numpy as np
from tqdm import tqdm

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

SEED, ASKED, DAYS = 42, 300, 60
FIRST, SECOND = "金翠锦瑞福康盛华丽景馨雅逸龙凤云星湖桂兰", "苑庭园城府湾岸轩居阁邸洲台郡汇"
SYNONYMS = (
    ("小区", "院里"), ("晚上", "夜里"), ("没有人管", "无人处理"), ("希望", "请求"), ("噪声", "声音"),
    ("物业", "管理公司"), ("垃圾", "脏东西"), ("已经", "都"), ("影响", "妨碍"), ("孩子", "小孩"), ("业主", "住户"),
    ("投诉", "反映"), ("非常", "特别"), ("电话", "热线"), ("马路", "路面"), ("楼下", "楼底"), ("老人", "老年人"),
    ("每天", "天天"), ("一直", "总是"), ("收费", "要钱"),
)  # fmt: skip
OPENINGS = ("你好，我打电话是想说", "麻烦问一下，", "我是这里的居民，", "再反映一遍，", "领导您好，")
COLUMNS = """id number version query_code state round kind urgency channel title content name phone phone_index area
address confidential anonymous received_at category created_by direct_answer""".split()  # noqa: SIM905 - readable


def sentences():
    from hotline.settings import CITY

    rows = []
    for file in sorted((CITY / "corpus").glob("*.csv")):
        with file.open(encoding="utf-8") as lines:
            rows += [(row["text"], row["label"]) for row in csv.DictReader(lines)]
    return rows


class Town:
    """Matters: (sentence, second sentence, place, area); their text and their terms, each sentence cut once."""

    def __init__(self, dice):
        from hotline.settings import CITY
        from kb import tokens

        self.dice, self.rows = dice, sentences()
        self.same = {}
        for number, (_, label) in enumerate(self.rows):
            self.same.setdefault(label, []).append(number)
        self.terms = [tokens.terms(text) for text, _ in self.rows]
        self.places = [f"{a}{b}{c}小区" for a in FIRST for b in FIRST for c in SECOND if a != b]
        self.place_terms = [tokens.terms(place) for place in self.places]
        with (CITY / "areas.csv").open(encoding="utf-8") as file:
            self.areas = [row["name"] for row in csv.DictReader(file)]

    def matter(self):
        first = self.dice.randrange(len(self.rows))
        second = self.dice.choice(self.same[self.rows[first][1]])
        return first, second, self.dice.randrange(len(self.places)), self.dice.choice(self.areas)

    def text(self, matter):
        first, second, place, _ = matter
        return f"{self.places[place]}，{self.rows[first][0]}{self.rows[second][0]}"

    def all_terms(self, matter):
        first, second, place, _ = matter
        return self.place_terms[place] + self.terms[first] + self.terms[second]


def rewritten(text, dice):
    """The matter as another would tell it; the place stays."""
    head, _, rest = text.partition("，")
    for old, new in SYNONYMS:
        rest = rest.replace(old, new)
    clauses = [part for part in rest.replace("。", "，").replace("？", "，").split("，") if part]
    kept = [part for part in clauses if dice.random() > 0.3] or clauses
    dice.shuffle(kept)
    said = "，".join(("".join(c for c in part if dice.random() > 0.02)) for part in kept)
    return f"{dice.choice(OPENINGS)}{head}，{said}"


def fill(connection, town, count, now):
    """`count` cases with their marks by COPY; their matters, by id from 1."""
    from hotline import privacy
    from triage.alike import marks
    from web import similar

    rare, key, nothing = similar.rare(), privacy.marks_key(), privacy.encrypt("")
    matters = [town.matter() for _ in range(count)]
    ages = [now - similar.dt.timedelta(minutes=town.dice.randrange(DAYS * 1440)) for _ in matters]
    with connection.cursor() as cursor:
        with cursor.copy(f"COPY cases ({', '.join(COLUMNS)}) FROM STDIN") as copy:
            for number, matter in enumerate(tqdm(matters, desc="cases", file=sys.stderr, mininterval=20), 1):
                text, label = town.text(matter), town.rows[matter[0]][1]
                fields = (
                    number,
                    f"B{number:09}",
                    1,
                    nothing,
                    "handling",
                    1,
                    "投诉",
                    "一般",
                    "phone",
                    privacy.encrypt(text[:20]),
                )
                rest = (privacy.encrypt(text), nothing, nothing, "", matter[3], nothing, False, False)
                copy.write_row((*fields, *rest, ages[number - 1], label, "bench", nothing))
        with cursor.copy("COPY likenesses (case_id, received_at, marks) FROM STDIN") as copy:
            for number, matter in enumerate(tqdm(matters, desc="marks", file=sys.stderr, mininterval=20), 1):
                found = marks(town.all_terms(matter), [town.places[matter[2]]], rare, key)
                copy.write_row((number, ages[number - 1], found))
    connection.commit()
    return matters


def ask(text, area):
    from hotline import db
    from hotline.lifecycle import Actor
    from hotline.words import Role
    from web import similar

    begun, worked = time.perf_counter(), time.process_time()
    with db.session() as session:
        rows = similar.find(session, text, area, Actor("agent1", Role.AGENT))
    took = (time.perf_counter() - begun) * 1000, (time.process_time() - worked) * 1000
    return [int(row["number"][1:]) for row in rows], took


def measure(town, matters):
    times, hits, shown, right = [], 0, 0, 0
    for number in town.dice.sample(range(1, len(matters) + 1), ASKED):
        matter = matters[number - 1]
        found, took = ask(rewritten(town.text(matter), town.dice), matter[3])
        times.append(took)
        hits += number in found
        shown += len(found)
        right += sum(matters[one - 1][0] == matter[0] and matters[one - 1][2] == matter[2] for one in found)
    known = {(m[0], m[2]) for m in matters}
    false = 0
    for _ in range(ASKED):
        matter = town.matter()
        while (matter[0], matter[2]) in known:
            matter = town.matter()
        found, took = ask(rewritten(town.text(matter), town.dice), matter[3])
        times.append(took)
        false += len(found)
    print(f"rewritten copies: recall {hits / ASKED:.3f}, precision of what is shown {right / max(shown, 1):.3f}")
    print(f"matters that are not there: {false / ASKED:.2f} cases shown on average")
    for name, took in zip(("time", "of it work of this process"), np.array(times).T, strict=True):
        p50, p95, worst = np.percentile(took, [50, 95, 100])
        print(f"{name}, {len(took)} questions: p50 {p50:.1f} ms, p95 {p95:.1f} ms, longest {worst:.1f} ms")
    print("load of the machine:", *(f"{load:.1f}" for load in os.getloadavg()))


def main():
    count = int(sys.argv[1]) if len(sys.argv) > 1 else 1_000_000
    from bench import stores
    from hotline import clock, db

    with stores.own():
        town = Town(random.Random(SEED))
        begun = time.perf_counter()
        with db.engine().connect() as connection:
            raw = connection.connection.driver_connection
            raw.execute("DROP INDEX ix_likenesses_marks")
            raw.commit()
            matters = fill(raw, town, count, clock.machine())
            raw.execute("SET maintenance_work_mem = '1GB'")
            raw.execute("CREATE INDEX ix_likenesses_marks ON likenesses USING gin (marks)")
            raw.commit()
            size = raw.execute("SELECT pg_relation_size('ix_likenesses_marks')").fetchone()[0]
            raw.commit()
            raw.autocommit = True
            raw.execute("VACUUM ANALYZE likenesses")
            raw.execute("VACUUM ANALYZE cases")
            raw.autocommit = False
        print(f"{count} cases in {time.perf_counter() - begun:.0f} s, index {size / 2**20:.0f} MB")
        measure(town, matters)


if __name__ == "__main__":
    main()
