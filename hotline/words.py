"""The vocabulary of a 12345 hotline: every word with the Chinese label people read.

`docs/glossary.md` is generated from this file.
"""

from enum import StrEnum
from typing import Self


class Word(StrEnum):
    """A value programs rely on, with the label that screens show."""

    label: str

    def __new__(cls, value: str, label: str = "") -> Self:
        word = str.__new__(cls, value)
        word._value_ = value
        word.label = label
        return word


class State(Word):
    """Where a case stands (rules.md §1)."""

    RECEIVED = "received", "待受理"
    ACCEPTED = "accepted", "待转办"
    FORWARDED = "forwarded", "待签收"
    HANDLING = "handling", "办理中"
    RETURNING = "returning", "退单待裁"
    SUSPENDED = "suspended", "已挂起"
    REPLIED = "replied", "待审核"
    PASSED = "passed", "待回访"
    CHECKING = "checking", "差评核查"
    VERDICT = "verdict", "判定待复核"
    RECTIFYING = "rectifying", "待重办"
    GUIDED = "guided", "已引导"
    MERGED = "merged", "已并单"
    CLOSED = "closed", "已结案"
    ARCHIVED = "archived", "已归档"


ENDED = frozenset({State.GUIDED, State.MERGED, State.CLOSED, State.ARCHIVED})


class Action(Word):
    """What may happen to a case; the names of the HTTP interface."""

    ACCEPT = "accept", "受理"
    GUIDE = "guide", "引导"
    ANSWER = "answer", "直接答复"
    FORWARD = "forward", "转办"
    RECEIVE = "receive", "回执"
    SIGN = "sign", "签收"
    RETURN = "return", "退单"
    ARBITRATE = "arbitrate", "退单裁定"
    HAND_DOWN = "hand_down", "下派"
    CONTACT = "contact", "联系记录"
    INTERIM = "interim", "阶段答复"
    REQUEST_EXTENSION = "request_extension", "申请延期"
    DECIDE_EXTENSION = "decide_extension", "延期审批"
    SUSPEND = "suspend", "申请挂起"
    APPROVE_SUSPENSION = "approve_suspension", "挂起审批"
    RESUME = "resume", "恢复办理"
    REPLY = "reply", "答复"
    PASS = "pass", "审核通过"
    SEND_BACK = "send_back", "审核退回"
    REVISIT = "revisit", "回访"
    RATE = "rate", "评价"
    JUDGE = "judge", "判定"
    APPROVE_VERDICT = "approve_verdict", "判定复核"
    REDO = "redo", "重办"
    CLOSE = "close", "结案"
    REOPEN = "reopen", "重新打开"
    MERGE = "merge", "并单"
    LINK = "link", "关联"
    SUPPLEMENT = "supplement", "补充"
    URGE = "urge", "催办"
    SUPERVISE = "supervise", "督办"
    ARCHIVE = "archive", "归档"
    APPEAL = "appeal", "申诉"
    DECIDE_APPEAL = "decide_appeal", "申诉裁定"
    APPROVE_APPEAL = "approve_appeal", "申诉复核"
    REGISTER_STUCK = "register_stuck", "登记办不成事"
    SETTLE_STUCK = "settle_stuck", "办不成事办结"


OF_REVIEW = frozenset({Action.REVISIT, Action.RATE, Action.JUDGE, Action.APPROVE_VERDICT})  # not for who is rated


class Role(Word):
    """Who acts; a user has exactly one."""

    CITIZEN = "citizen", "市民"
    AGENT = "agent", "话务员"
    DISPATCHER = "dispatcher", "派单员"
    REVIEWER = "reviewer", "审核员"
    REVISITOR = "revisitor", "回访员"
    SUPERVISOR = "supervisor", "值班长"
    AUDITOR = "auditor", "审计员"
    KEEPER = "keeper", "知识管理员"
    ADMIN = "admin", "系统管理员"
    CLERK = "clerk", "承办人"
    HEAD = "head", "部门负责人"
    SYSTEM = "system", "系统"


CENTRE = frozenset({Role.AGENT, Role.DISPATCHER, Role.REVIEWER, Role.REVISITOR, Role.SUPERVISOR, Role.AUDITOR})
DEPARTMENT = frozenset({Role.CLERK, Role.HEAD})


class Clock(Word):
    """What runs towards a deadline (rules.md §2); auto_forward is the machine's own waiting time."""

    ACCEPT = "accept", "受理"
    FORWARD = "forward", "转办"
    SIGN = "sign", "签收"
    FIRST_CONTACT = "first_contact", "首次联系"
    REPLY = "reply", "答复"
    RETURN = "return", "退单"
    ARBITRATION = "arbitration", "退单裁定"
    EXTENSION = "extension", "延期审批"
    REVIEW = "review", "答复审核"
    REVISIT = "revisit", "回访"
    BAD_REVIEW = "bad_review", "差评核查"
    VERDICT = "verdict", "差评判定"
    RECTIFICATION = "rectification", "整改"
    RECTIFICATION_COMPLEX = "rectification_complex", "复杂整改"
    SECOND_REVISIT = "second_revisit", "二次回访"
    AUTO_FORWARD = "auto_forward", "自动转办等待"
    APPEAL = "appeal", "申诉裁定"
    STUCK = "stuck", "办不成事"
    STUCK_EXPLAIN = "stuck_explain", "办不成事说明"
    STUCK_HARD = "stuck_hard", "疑难办不成事"
    STUCK_REFUSAL = "stuck_refusal", "故意不办查处"


OF_SMALL_LOOPS = frozenset(
    {Clock.APPEAL, Clock.STUCK, Clock.STUCK_EXPLAIN, Clock.STUCK_HARD, Clock.STUCK_REFUSAL}
)  # they end by their own steps, whatever becomes of the case


class TryResult(Word):
    """Why a call to the citizen reached nobody."""

    NO_ANSWER = "no_answer", "无人接听"
    BUSY = "busy", "占线"
    OFF = "off", "关机或停机"
    WRONG_NUMBER = "wrong_number", "空号或号码不对"
    DECLINED = "declined", "拒接"
    LATER = "later", "请另约时间"


class Outcome(Word):
    """How a clock ended."""

    DONE = "done", "已完成"
    SKIPPED = "skipped", "未做"
    CANCELLED = "cancelled", "不再计时"


class Kind(Word):
    """What the citizen wants (rules.md §1.1)."""

    ASK = "咨询", "咨询"
    HELP = "求助", "求助"
    COMPLAINT = "投诉", "投诉"
    REPORT = "举报", "举报"
    ADVICE = "建议", "建议"
    PRAISE = "表扬", "表扬"
    OTHER = "其他", "其他"


class Urgency(Word):
    """How much it presses."""

    NORMAL = "一般", "一般"
    URGENT = "紧急", "紧急"
    CRITICAL = "特急", "特急"


class Channel(Word):
    """How the matter came in."""

    PHONE = "phone", "电话"
    CHAT = "chat", "在线咨询"
    WEB = "web", "网站"
    APP = "app", "手机应用"
    WECHAT = "wechat", "微信"
    SMS = "sms", "短信"
    MAIL = "mail", "邮件"
    MAILBOX = "mailbox", "领导信箱"
    WINDOW = "window", "大厅窗口"
    KIOSK = "kiosk", "自助机"


AT_ONCE = frozenset({Channel.PHONE, Channel.WINDOW})  # a person of the centre accepts while the citizen is there


class Part(Word):
    """A department's part in a case."""

    LEAD = "lead", "主办"
    CO = "co", "协办"


class Delivery(Word):
    """How far a case has come at one department."""

    SENT = "sent", "已发送"
    DELIVERED = "delivered", "待签收"
    SIGNED = "signed", "办理中"
    REPLIED = "replied", "已答复"
    RETURNING = "returning", "申请退单"
    RETURNED = "returned", "已退单"


OPEN_DELIVERY = frozenset({Delivery.SENT, Delivery.DELIVERED, Delivery.SIGNED, Delivery.RETURNING})


class Attached(Word):
    """What a photo or document belongs to."""

    MATTER = "matter", "市民提交"
    CHAT = "chat", "对话中发来"
    CONTACT = "contact", "联系记录附件"
    REPLY = "reply", "答复附件"


class Look(Word):
    """Why somebody looks at a person who asked not to be known (rules.md §7)."""

    CONTACT = "contact", "联系市民核实情况"
    REVISIT = "revisit", "回访"
    EMERGENCY = "emergency", "涉及人身财产安全"
    CHECK = "check", "核查差评或退单"
    LAWFUL = "lawful", "有权机关依法调取"
    OTHER = "other", "其他"


class Verdict(Word):
    """What the check of a bad review found (rules.md §5)."""

    JUSTIFIED = "justified", "属实"
    COMPLEX = "complex", "属实（复杂）"
    NO_GROUND = "no_ground", "诉求无依据"
    MISTAKEN = "mistaken", "误评"
    MALICIOUS = "malicious", "恶意评价"


TO_RECTIFY = frozenset({Verdict.JUSTIFIED, Verdict.COMPLEX})


class ReviewPoint(Word):
    """What the centre looks at before a reply goes out (rules.md §1.9); `other` is what no line names."""

    ANSWERS = "answers", "回应了诉求"
    FACTS = "facts", "写明了事实"
    GROUND = "ground", "有依据"
    CONTACT = "contact", "联系了市民"
    PRIVACY = "privacy", "不含个人信息"
    OWN = "own", "不是照抄的答复"
    OTHER = "other", "其他"


class Level(Word):
    """好差评, five levels; the last two are bad (rules.md §5)."""

    VERY_GOOD = "5", "非常满意"
    GOOD = "4", "满意"
    FAIR = "3", "基本满意"
    BAD = "2", "不满意"
    VERY_BAD = "1", "非常不满意"


WORST_GOOD_LEVEL = 3


class Stuck(Word):
    """Why something could not be got done, which decides how long it may take (办不成事, rules.md §8)."""

    GENERAL = "general", "一般事项"
    CANNOT = "cannot", "确实不能办，须说明"
    HARD = "hard", "疑难，涉及多个部门"
    REFUSAL = "refusal", "故意不办"


class StuckEnd(Word):
    """How it ended."""

    DONE = "done", "已办成"
    EXPLAINED = "explained", "已说明不能办的依据"
    REFERRED = "referred", "已查处并移送纪检监察"


class Rule(Word):
    """What the rulebook keeps in versions (rules.md §2)."""

    POLICY = "policy", "时限方案"
    CALENDAR = "calendar", "日历"


class DraftState(Word):
    """Where a change of the rulebook stands; a second person decides it."""

    DRAFT = "draft", "草稿"
    PROPOSED = "proposed", "待批准"
    APPROVED = "approved", "已批准"
    REFUSED = "refused", "已退回"
    WITHDRAWN = "withdrawn", "已撤回"
