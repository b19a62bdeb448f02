"""Cases found by their words at a million: `python bench/finding.py [ROWS]` on a database of its own.

The rows are copies of one case; each holds PAIRS pairs drawn by rank, and the words asked for in known shares.
"""

import statistics
import sys
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

ASKED = {"噪声": 0.05, "路灯": 0.005, "井盖": 0.0005, "围挡": 0.00002}
WORDS = "噪声 路灯 井盖 围挡"
ROUNDS = 15
PAIRS = 120  # a case of some 130 characters
FILL = """
INSERT INTO cases (id, number, {names}) SELECT id + n, 'B' || n, {names}
FROM cases, generate_series(1, :rows) n WHERE id = :first
"""
TERMS = """
INSERT INTO case_words SELECT id, ARRAY(
  SELECT DISTINCT (power(random(), 4) * 60000)::int + id %% 2 FROM generate_series(1, {pairs})) || {planted}
FROM cases ON CONFLICT DO NOTHING
"""


def fill(connection, first, rows, hashes):
    from sqlalchemy import text

    from hotline.models import Case

    names = ", ".join(column.name for column in Case.__table__.columns if column.name not in {"id", "number"})
    planted = " || ".join(
        f"CASE WHEN random() < {share} THEN ARRAY[{hashes[w]}] ELSE '{{}}' END" for w, share in ASKED.items()
    )
    connection.execute(text("DROP INDEX ix_case_words_words"))
    connection.execute(text(FILL.format(names=names)), {"rows": rows, "first": first})
    connection.execute(text(TERMS.format(planted=planted, pairs=PAIRS).replace("%%", "%")))
    connection.execute(text("CREATE INDEX ix_case_words_words ON case_words USING gin (words)"))


def main():
    rows = int(sys.argv[1]) if len(sys.argv) > 1 else 1_000_000
    from bench import stores

    with stores.own():
        measure(rows)


def measure(rows):
    from sqlalchemy import text

    from hotline import cases, clock, db, privacy
    from hotline.city_models import Token
    from hotline.lifecycle import Actor
    from hotline.unit import transaction
    from hotline.words import Role
    from web import city, finding
    from web.app import create_app

    city.load(demo=True)
    new = cases.NewCase("投诉", "测试", f"{WORDS} 都在这里。", "phone", phone="13800000001", area="湖滨区")
    case, _ = cases.create(new, Actor("agent1", Role.AGENT))
    with transaction() as unit:
        unit.session.add(Token(digest=privacy.token_digest("bench"), user="agent1", created_at=clock.now()))
    begun = time.perf_counter()
    with db.engine().begin() as connection:
        fill(connection, case.id, rows, {word: finding.hashes(word)[0] for word in ASKED})
    with db.engine().connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        connection.execute(text("VACUUM ANALYZE cases"))
        connection.execute(text("VACUUM ANALYZE case_words"))
        size = connection.scalar(text("SELECT pg_size_pretty(pg_total_relation_size('case_words'))"))
    print(f"{rows:,} cases made in {time.perf_counter() - begun:.0f} s, case_words {size}")
    client = create_app().test_client()
    client.environ_base["HTTP_AUTHORIZATION"] = "Bearer bench"
    print(f"{'asked':<14}{'found on page':>14}{'p50 ms':>9}{'longest':>9}")
    for words in (*ASKED, "噪声 路灯", "路灯 井盖", "不存在"):
        report(client, words)


def report(client, words):
    took, found = [], 0
    for _ in range(ROUNDS):
        begun = time.perf_counter()
        found = len(client.get("/api/v1/cases", query_string={"q": words}).json["items"])
        took.append((time.perf_counter() - begun) * 1000)
    print(f"{words:<14}{found:>14}{statistics.median(took):>9.1f}{max(took):>9.1f}")


if __name__ == "__main__":
    main()
