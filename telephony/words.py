"""The words of the telephone, each with the Chinese label people read."""

from hotline.words import Word


class CallState(Word):
    """Where a call stands."""

    RINGING = "ringing", "来电"
    NOTICE = "notice", "播放提示"
    WAITING = "waiting", "排队等候"
    OFFERED = "offered", "正在振铃"
    TALKING = "talking", "通话中"
    RATING = "rating", "评价中"
    ENDED = "ended", "已结束"


class Exit(Word):
    """Why a call left the queue (telephony.md §3)."""

    ANSWERED = "answered", "已接听"
    ABANDONED = "abandoned", "等待中挂断"
    CALLBACK = "callback", "要求回拨"
    VOICEMAIL = "voicemail", "已留言"
    FULL = "full", "线路占满"
    NO_AGENTS = "no_agents", "无人值守"
    TRANSFERRED = "transferred", "已转出"
    SYSTEM = "system", "系统故障"


SPOKEN_TO = frozenset({Exit.ANSWERED, Exit.TRANSFERRED})  # everybody else is called back (rules.md §6)


class Status(Word):
    """What the agent says of himself."""

    READY = "ready", "空闲"
    BREAK = "break", "小休"
    WRAP_UP = "wrap_up", "话后处理"
    OFF = "off", "签退"


class SeatState(Word):
    """What the machine knows of his phone."""

    IDLE = "idle", "未通话"
    RESERVED = "reserved", "已分配"
    RINGING = "ringing", "振铃"
    TALKING = "talking", "通话"
    WRAP_UP = "wrap_up", "话后处理"


class Strategy(Word):
    """Whose phone rings among the free ones of a group."""

    LONGEST_IDLE = "longest_idle", "空闲最久"
    FEWEST_CALLS = "fewest_calls", "接听最少"
    ROUND_ROBIN = "round_robin", "轮流"
    RING_ALL = "ring_all", "同时振铃"


ENGAGED = frozenset({SeatState.RESERVED, SeatState.RINGING, SeatState.TALKING})


class CallbackState(Word):
    """Whether somebody has spoken to him since."""

    OPEN = "open", "待回拨"
    DONE = "done", "已回拨"
    ANSWERED = "answered", "市民再次来电已接听"


class Mark(Word):
    """What a person of the centre says of a number."""

    ELDERLY = "elderly", "65岁以上"
    NUISANCE = "nuisance", "骚扰来电"


class MarkState(Word):
    """A nuisance counts only once a second person has looked at it (rules.md §1)."""

    PROPOSED = "proposed", "待复核"
    CONFIRMED = "confirmed", "已确认"
    DISMISSED = "dismissed", "已撤销"


class CheckState(Word):
    """Whether a bad rating of a call was looked into."""

    OPEN = "open", "待核查"
    DONE = "done", "已核查"
    COUNTED = "counted", "已计入诉求评价"


class CheckVerdict(Word):
    """What a person found out about a bad rating of a call."""

    JUSTIFIED = "justified", "属实"
    NO_GROUND = "no_ground", "没有依据"
    MISTAKEN = "mistaken", "误按"
    UNREACHED = "unreached", "多次联系不上"


class Purpose(Word):
    """Why we call somebody."""

    OWN = "own", "主动外呼"
    CALLBACK = "callback", "回拨"
    REVISIT = "revisit", "回访"
    SURVEY = "survey", "电话邀评"


class Doing(Word):
    """What a person did with a call or a seat, as the log names it."""

    FORCE = "force", "更改坐席状态"
    LISTEN = "listen", "旁听"
    WHISPER = "whisper", "耳语指导"
    BARGE = "barge", "插话"
    MONITOR_OFF = "monitor_off", "停止旁听"
    TAKE_OVER = "take_over", "接管通话"
    PAUSE_RECORDING = "pause_recording", "暂停录音"
    RESUME_RECORDING = "resume_recording", "恢复录音"
    TRANSFER = "transfer", "转接"
    CONFERENCE = "conference", "三方通话"
    PLAY = "play", "听取录音"
    DIAL = "dial", "外呼"
    TAG = "tag", "标注来电"
    CHECK = "check", "差评核查"
