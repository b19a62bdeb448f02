"""Hot topics of the 4,326 messages: `python bench/topics.py`. Groups, time, memory, and three plain ones judged.

What belongs to each of the three is a rule written after reading titles and samples, not a list of messages judged one
by one; the cut-off of the groups was chosen on the same messages.
"""

import csv
import datetime as dt
import re
import resource
import sys
import time
from pathlib import Path
from zoneinfo import ZoneInfo

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

from kb import tokens  # noqa: E402
from triage.topics import Message, topics  # noqa: E402

DATA = ROOT.parent / "shared" / "data" / "messages_with_votes.csv"
LOCAL = ZoneInfo("Asia/Shanghai")
SHOWN, PART = 15, 600


def mixing_plant(title, text):
    complaint = re.search("搅拌|噪音|污染|灰尘|粉尘|拯救|吵", text)
    return bool("丽发" in text and complaint) or bool(re.search("搅拌站|搅拌厂", title))


def parking_spaces(_title, text):
    sold = re.search("伊景园|滨河[苑院]|广铁集团|铁广职工|广铁职工", text)
    return bool(sold and re.search("车位|购房|捆绑|商品房|住宅", text))


def housing_subsidy(title, _text):
    return bool(re.search("(人才|购房|高级技师|租房).{0,12}补贴|人才新政", title))


PLAIN = {"搅拌站": mixing_plant, "捆绑车位": parking_spaces, "购房补贴": housing_subsidy}


def moment(said):
    for form in ("%Y/%m/%d %H:%M:%S", "%Y/%m/%d %H:%M", "%Y-%m-%d %H:%M:%S"):
        try:
            return dt.datetime.strptime(said, form).replace(tzinfo=LOCAL)
        except ValueError:
            continue
    raise ValueError(said)


def message(row):
    title, text = row["留言主题"], row["留言详情"][:PART]
    area = re.search(r"[A-Z]\d{0,2}[区市县]", title + text)
    votes = int(row["点赞数"]) + int(row["反对数"])
    who = row["留言用户"]
    terms = tokens.terms(title), tokens.terms(text)
    return Message(row["留言编号"], moment(row["留言时间"]), *terms, area[0] if area else "", votes, who)


def main():
    if not DATA.exists():
        sys.exit(f"{DATA} is absent")
    with DATA.open(encoding="utf-8-sig") as file:
        rows = list(csv.DictReader(file))
    begun = time.perf_counter(), time.process_time()
    messages = [message(row) for row in rows]
    found = topics(messages, max(one.at for one in messages))
    took = time.perf_counter() - begun[0], time.process_time() - begun[1]
    memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(f"{len(rows)} messages, {len(found)} groups in {took[0]:.1f} s ({took[1]:.1f} s of work), {memory:.0f} MB")
    for one in sorted(found, key=lambda topic: -topic.size)[:SHOWN]:
        span = f"{one.days[0][0]} – {one.days[-1][0]}"
        print(f"{one.size:>6} messages {one.people:>4} people {one.votes:>5} votes  {span}  {' '.join(one.words)}")
    print("plain groups          messages  one group of  recall  precision")
    for name, belongs in PLAIN.items():
        wanted = {row["留言编号"] for row in rows if belongs(row["留言主题"], row["留言主题"] + row["留言详情"])}
        best = max(found, key=lambda topic: len(wanted & set(topic.members)))
        hits = len(wanted & set(best.members))
        print(f"  {name:<18}{len(wanted):>8}{best.size:>14}{hits / len(wanted):>8.3f}{hits / best.size:>11.3f}")


if __name__ == "__main__":
    main()
