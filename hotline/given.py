"""What each action is told: one checked form per action (names as in the HTTP interface)."""

import datetime as dt
from typing import Annotated, Any, Literal, TypeVar

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, ValidationError, field_validator
from pydantic_core import PydanticCustomError

from hotline.errors import BadInput
from hotline.words import Action, Part, ReviewPoint, Stuck, StuckEnd, TryResult, Verdict

Text = Annotated[str, Field(min_length=1, max_length=10_000)]
Remark = Annotated[str, Field(max_length=10_000)]
Code = Annotated[str, Field(pattern=r"^[A-Za-z0-9_-]{1,32}$")]


def _no_truth(value: Any) -> Any:
    """`true` is no level: JSON's booleans are not counted as 0 and 1. Raises ValueError."""
    if isinstance(value, bool):
        raise ValueError("a truth is no number")  # noqa: TRY004 - pydantic reports only ValueError
    return value


Count = Annotated[int, BeforeValidator(_no_truth)]
Satisfaction = Annotated[Count, Field(ge=1, le=5)]
Days = Annotated[Count, Field(ge=1, le=60)]
PUBLIC_REPLY_LEAST = 10
Form = TypeVar("Form", bound=BaseModel)


class Given(BaseModel):
    """Base of all forms: unknown fields are refused, blanks at the ends do not count."""

    model_config = ConfigDict(extra="forbid", str_strip_whitespace=True)

    @field_validator("*", mode="before")
    @classmethod
    def _can_be_kept(cls, value: Any) -> Any:
        """No text with a NUL in it: a database has no place for it."""
        told = value if isinstance(value, list) else [value]
        if any(isinstance(one, str) and "\x00" in one for one in told):
            raise PydanticCustomError("odd_letter", "a NUL cannot be kept")
        return value


class Nothing(Given):
    pass


class Words(Given):
    text: Text


class Guide(Given):
    channel: Text
    text: Text


class Destination(Given):
    code: Code
    role: Part = Part.LEAD


class Forward(Given):
    departments: Annotated[list[Destination], Field(min_length=1, max_length=12)]
    opinion: Remark = ""


class Receive(Given):
    department: Code | None = None
    reference: Remark = ""


class Return(Given):
    reason: Text
    suggest: Code | None = None


class Arbitrate(Given):
    verdict: Literal["reassign", "keep"]
    department: Code | None = None
    reason: Remark = ""


class HandDown(Given):
    unit: Text
    due: dt.datetime | None = None


class Contact(Given):
    how: Text
    result: Text


class RequestExtension(Given):
    days: Days
    reason: Text


class Decide(Given):
    granted: bool
    reason: Remark = ""


class DecideExtension(Decide):
    """`department`: whose request, where several wait; else the oldest."""

    department: Code | None = None


class Reason(Given):
    reason: Text


class Reply(Given):
    facts: Text
    solved: bool
    reason: Remark = ""
    internal: Remark = ""
    public: Annotated[str, Field(min_length=PUBLIC_REPLY_LEAST, max_length=10_000)]


class Fault(Given):
    """A point of the checklist that does not hold, and why."""

    point: ReviewPoint
    reason: Text

    def __str__(self) -> str:
        return f"{self.point.label}：{self.reason}"


class SendBack(Given):
    """Reasons in words, or one by one for the points of the checklist."""

    reasons: Text | Annotated[list[Text | Fault], Field(min_length=1, max_length=20)]


class Revisit(Given):
    reached: bool
    contacted_by_department: bool | None = None
    solved: bool | None = None
    satisfaction: Satisfaction | None = None
    words: Remark = ""
    result: TryResult | None = None  # why nobody was reached


class Rate(Given):
    level: Satisfaction
    words: Annotated[str, Field(max_length=2_000)] = ""


class Judge(Given):
    verdict: Verdict
    reason: Text


class Opinion(Given):
    opinion: Remark = ""


class Supervise(Given):
    opinion: Text


class Merge(Given):
    into: Text


class Link(Given):
    to: Text


class Appeal(Given):
    claim: Literal[Verdict.MISTAKEN, Verdict.MALICIOUS]
    reason: Text
    evidence: Text


class DecideAppeal(Given):
    upheld: bool
    reason: Text


class RegisterStuck(Given):
    grade: Stuck
    item: Annotated[str, Field(min_length=1, max_length=200)]
    story: Text


class SettleStuck(Given):
    result: StuckEnd
    text: Text
    referred_to: Annotated[str, Field(max_length=200)] = ""


GIVEN: dict[Action, type[Given]] = {
    Action.ACCEPT: Nothing,
    Action.GUIDE: Guide,
    Action.ANSWER: Words,
    Action.FORWARD: Forward,
    Action.RECEIVE: Receive,
    Action.SIGN: Nothing,
    Action.RETURN: Return,
    Action.ARBITRATE: Arbitrate,
    Action.HAND_DOWN: HandDown,
    Action.CONTACT: Contact,
    Action.INTERIM: Words,
    Action.REQUEST_EXTENSION: RequestExtension,
    Action.DECIDE_EXTENSION: DecideExtension,
    Action.SUSPEND: Reason,
    Action.APPROVE_SUSPENSION: Decide,
    Action.RESUME: Nothing,
    Action.REPLY: Reply,
    Action.PASS: Nothing,
    Action.SEND_BACK: SendBack,
    Action.REVISIT: Revisit,
    Action.RATE: Rate,
    Action.JUDGE: Judge,
    Action.APPROVE_VERDICT: Decide,
    Action.REDO: Opinion,
    Action.CLOSE: Nothing,
    Action.REOPEN: Reason,
    Action.MERGE: Merge,
    Action.LINK: Link,
    Action.SUPPLEMENT: Words,
    Action.URGE: Words,
    Action.SUPERVISE: Supervise,
    Action.ARCHIVE: Nothing,
    Action.APPEAL: Appeal,
    Action.DECIDE_APPEAL: DecideAppeal,
    Action.APPROVE_APPEAL: Decide,
    Action.REGISTER_STUCK: RegisterStuck,
    Action.SETTLE_STUCK: SettleStuck,
}

_SAYINGS = {
    "missing": "缺少此项",
    "odd_letter": "有无法保存的字符",
    "extra_forbidden": "没有这一项",
    "string_too_short": "内容太短",
    "string_too_long": "内容太长",
    "too_short": "至少填一项",
    "too_long": "项数太多",
    "enum": "不在可选范围内",
    "literal_error": "不在可选范围内",
    "greater_than_equal": "数值太小",
    "less_than_equal": "数值太大",
    "string_pattern_mismatch": "格式不对",
    "bool_parsing": "请填是或否",
    "bool_type": "请填是或否",
    "int_parsing": "请填整数",
    "int_type": "请填整数",
    "string_type": "请填文字",
    "datetime_from_date_parsing": "时间格式不对",
    "datetime_parsing": "时间格式不对",
}


def complaints(error: ValidationError) -> dict[str, str]:
    """Field path → Chinese sentence."""
    return {
        ".".join(str(part) for part in item["loc"]) or "body": _SAYINGS.get(item["type"], "填写不正确")
        for item in error.errors(include_url=False, include_context=False, include_input=False)
    }


def parse(form: type[Form], body: Any) -> Form:
    """The body as `form`. Raises BadInput `invalid_fields` naming each field."""
    try:
        return form.model_validate(body)
    except ValidationError as error:
        fields = complaints(error)
        told = "、".join(f"{name}：{saying}" for name, saying in fields.items())
        raise BadInput("invalid_fields", f"填写有误。{told}", fields) from None


def needs(action: Action) -> tuple[str, ...]:
    """The fields without which the action is refused."""
    return tuple(name for name, field in GIVEN[action].model_fields.items() if field.is_required())
