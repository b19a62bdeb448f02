"""What the machine says in a chat: an emergency number first, then the article that answers, else near titles."""

import re
from typing import Final

from hotline import db
from hotline.words import Urgency
from kb import service as knowledge
from kb.models import Article
from kb.service import Found
from triage import urgency

GREETING: Final = (
    "您好，我是 12345 的机器助手，不是真人。您可以直接问办事问题，我从知识库里找答案；"
    "说“转人工”或按“转人工”，随时可以找工作人员；也可以按“登记成诉求”交给部门办理。"
)
_PERSON = re.compile(r"转?人工|真人|客服|工作人员|不要机器")
LONGEST = 1_200  # characters of an article said in one message
_SHORT = 16  # characters up to which a message that names a person only asks for one
_DANGER = "如果正有人身危险，请立即拨打 {lines}。"
_NOTHING = "这个问题我没有找到可靠的答案，不敢乱说。您可以换个说法再问，或者转人工、登记成诉求。"
_NEAR = "我没有十足把握，下面几条可能有用，点一条就看：\n{titles}\n都不是的话，请转人工或登记成诉求。"
_FOUND = "{title}\n{body}\n(知识库 {code}，仅供参考。没有解决请转人工。)"


def wants_person(text: str) -> bool:
    """Whether a message only asks for a person."""
    return len(text.strip()) <= _SHORT and _PERSON.search(text) is not None


def answer(text: str) -> str:
    """The bot's words to a message, at least one sentence."""
    pressing = urgency.assess(text)
    danger = pressing.urgency is Urgency.CRITICAL and pressing.lines
    first = _DANGER.format(lines="、".join(pressing.lines)) + "\n" if danger else ""
    return first + _from_knowledge(text)


def _whole(found: Found) -> str:
    """The article's text where a message holds it, else the passage that fits."""
    with db.session() as session:
        article = session.get(Article, found.code)
    return article.body if article and len(article.body) <= LONGEST else f"{found.passage} …"


def _from_knowledge(text: str) -> str:
    near = knowledge.suggest(text).items
    chosen = next((item for item in near if item.title == text.strip()), None)  # he pressed one of the titles
    sure = chosen or knowledge.answer(text)
    if sure is not None:
        return _FOUND.format(title=sure.title, body=_whole(sure), code=sure.code)
    if not near:
        return _NOTHING
    return _NEAR.format(titles="\n".join(f"· {item.title}" for item in near))
