"""How the invented matters of `matters.csv` go their way: per course the steps (days later, time, who, action, given).

`clerk` and `head` are those of the department that leads the case then; a time of "" means eight minutes after intake.
"""

from typing import Any

Step = tuple[int, str, str, str, dict[str, Any]]

PUBLIC = "您反映的情况已到现场核实，问题属实。我们当天安排人员处理完毕，今后每周巡查两次，请您继续监督。"
WAITS = "您反映的情况已核实。维修材料已经订购，预计五个工作日内完工，完工当天电话告诉您。"
REPLY = {"facts": "属实", "solved": True, "internal": "已到现场，附照片三张。", "public": PUBLIC}
UNSOLVED = {"facts": "部分属实", "solved": False, "reason": "正在等材料", "public": WAITS}
CALLED = {"how": "电话", "result": "已同市民核对地点和经过，约定处理完再回电话。"}
HAPPY = {"reached": True, "contacted_by_department": True, "solved": True, "satisfaction": 5, "words": "办得快，谢谢。"}
UNHAPPY = {
    "reached": True,
    "contacted_by_department": True,
    "solved": False,
    "satisfaction": 2,
    "words": "说处理了，第二天又是老样子。",
}
MISSED = {"reached": False, "words": ""}
APPEAL = {
    "claim": "mistaken",
    "reason": "评价说的是另一栋楼，那栋不归我公司供热。",
    "evidence": "供热范围图和入户测温记录两份。",
}
ANSWER = "您可以带身份证到市民之家综合窗口办理，也可以在“豫事办”上办理；所需材料已经读给您听，办理不收费。"
GUIDE = {"channel": "诉讼", "text": "您反映的事项已经通过诉讼解决，不服判决请在上诉期内向上级人民法院提出。"}

_SENT: list[Step] = [(0, "", "dispatcher1", "forward", {"opinion": "请先联系市民，再到现场核实。"})]
_SIGNED: list[Step] = [*_SENT, (0, "17:10", "clerk", "sign", {})]
_HANDLING: list[Step] = [*_SIGNED, (0, "17:20", "clerk", "contact", CALLED)]
_REPLIED: list[Step] = [*_HANDLING, (1, "16:00", "clerk", "reply", REPLY)]
_PASSED: list[Step] = [*_REPLIED, (1, "17:00", "reviewer1", "pass", {})]
_BAD: list[Step] = [*_PASSED, (4, "10:00", "revisitor1", "revisit", UNHAPPY)]
_JUDGED: list[Step] = [
    *_BAD,
    (4, "10:30", "revisitor1", "judge", {"verdict": "justified", "reason": "部门只处理了一次，没有常态管理。"}),
]
_REDO: list[Step] = [*_JUDGED, (4, "10:40", "revisitor1", "redo", {"opinion": "请制定长期办法，并当面向市民说明。"})]
_REDONE: list[Step] = [
    *_REDO,
    (4, "15:00", "clerk", "sign", {}),
    (5, "10:00", "clerk", "contact", CALLED),
    (5, "16:00", "clerk", "reply", REPLY),
]
_VERDICT: list[Step] = [
    *_BAD,
    (4, "11:00", "revisitor1", "judge", {"verdict": "no_ground", "reason": "便民摊点经过公示和批准，诉求没有依据。"}),
]
_EXTEND: list[Step] = [
    *_HANDLING,
    (2, "10:00", "clerk", "request_extension", {"days": 5, "reason": "要请第三方测量，结果下周才能出来。"}),
]
_SUSPEND: list[Step] = [
    *_HANDLING,
    (1, "11:00", "clerk", "suspend", {"reason": "市民在外地，回来后才能一起看现场。"}),
]
_RETURN: list[Step] = [
    *_SENT,
    (
        0,
        "17:30",
        "clerk",
        "return",
        {"reason": "小区内的设施由住建部门管理，不属于本部门职责。", "suggest": "zfjsj"},
    ),
]

COURSES: dict[str, list[Step]] = {
    "web_new": [],
    "accepted": [],
    "answered": [(0, "", "agent", "answer", {"text": ANSWER})],
    "guided": [(0, "", "agent", "guide", GUIDE)],
    "closed_rated_bad": [
        (0, "", "agent", "answer", {"text": ANSWER}),
        (0, "16:30", "citizen", "rate", {"level": 2, "words": "说得太快，没有听清。"}),
    ],
    "sent": _SENT,
    "unsigned_late": _SENT,
    "signed": [*_SENT, (0, "17:10", "clerk", "sign", {})],
    "handling": _HANDLING,
    "due_today": _HANDLING,
    "handling_late": _HANDLING,
    "late": _SIGNED,
    "interim": [*_HANDLING, (1, "10:00", "clerk", "interim", {"text": "已在广告牌下拉起警戒线，正在联系产权单位。"})],
    "handed_down": [*_HANDLING, (1, "09:00", "clerk", "hand_down", {"unit": "城市综合执法支队三大队"})],
    "extension_asked": [
        *_HANDLING,
        (7, "09:00", "clerk", "request_extension", {"days": 5, "reason": "塌陷段要重新做地基，施工需要一周。"}),
    ],
    "extension_granted": [
        *_EXTEND,
        (2, "15:00", "supervisor1", "decide_extension", {"granted": True, "reason": "同意，请按时测量。"}),
    ],
    "suspend_asked": _SUSPEND,
    "suspended": [*_SUSPEND, (1, "16:00", "supervisor1", "approve_suspension", {"granted": True, "reason": "同意。"})],
    "return_asked": _RETURN,
    "returned_kept": [
        *_RETURN,
        (1, "09:00", "dispatcher1", "arbitrate", {"verdict": "keep", "reason": "按派单目录属于你单位。"}),
    ],
    "returned_moved": [
        *_RETURN,
        (
            1,
            "09:10",
            "dispatcher1",
            "arbitrate",
            {"verdict": "reassign", "department": "zfjsj", "reason": "同意。"},
        ),
    ],
    "replied": [*_HANDLING, (6, "16:30", "clerk", "reply", REPLY)],
    "sent_back": [
        *_HANDLING,
        (6, "15:00", "clerk", "reply", UNSOLVED),
        (6, "16:40", "reviewer1", "send_back", {"reasons": ["没有写明办理结果"]}),
    ],
    "passed": [*_HANDLING, (6, "15:30", "clerk", "reply", REPLY), (6, "16:50", "reviewer1", "pass", {})],
    "tried": [*_PASSED, (4, "09:30", "revisitor1", "revisit", MISSED)],
    "tried_twice": [
        *_PASSED,
        (2, "10:00", "revisitor1", "revisit", MISSED),
        (2, "15:30", "revisitor1", "revisit", MISSED),
    ],
    "content": [*_PASSED, (3, "10:20", "revisitor1", "revisit", HAPPY)],
    "rated_good": [*_PASSED, (2, "12:30", "citizen", "rate", {"level": 5, "words": "第二天就修好了。"})],
    "bad_rated": [*_PASSED, (11, "19:00", "citizen", "rate", {"level": 1, "words": "根本没有人来过。"})],
    "bad_revisited": [*_PASSED, (7, "16:00", "revisitor1", "revisit", UNHAPPY)],
    "appealed": [*_REDO, (5, "15:00", "head", "appeal", APPEAL)],
    "rectifying_late": _JUDGED,
    "redo_replied": _REDONE,
    "redone_content": [
        *_REDONE,
        (5, "17:00", "reviewer1", "pass", {}),
        (7, "10:00", "revisitor1", "revisit", HAPPY),
    ],
    "verdict": _VERDICT,
    "no_ground_done": [
        *_VERDICT,
        (4, "16:00", "supervisor2", "approve_verdict", {"granted": True, "reason": "同意。"}),
    ],
    "merged": [(0, "10:00", "agent", "merge", {"into": "锦绣小区楼下烧烤摊油烟扰民"})],
}
