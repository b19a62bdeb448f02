"""What the citizen wants (rules.md §1.1), by how he says it: cue words, and where there is one a trained model. Pure.

The kind decides the reply limit (rules.md §2), so it is only ever suggested, with how sure; 其他 is a person's choice.
"""

import math
import re
from dataclasses import dataclass
from typing import Final

from hotline.words import Kind
from triage.classify import Classifier

KINDS: Final = (Kind.ASK, Kind.HELP, Kind.COMPLAINT, Kind.REPORT, Kind.ADVICE, Kind.PRAISE)
USUAL: Final = {Kind.COMPLAINT: 0.3, Kind.HELP: 0.3, Kind.ASK: 0.2}  # how common they are where no word tells
LEAST: Final = 0.05  # of a kind that is not in USUAL
NO_MODEL: Final = 0.6  # words alone are never surer than this


@dataclass(frozen=True)
class Cue:
    """Words that point to a kind; `weight` is added to its log odds, once, however often they stand there."""

    kind: Kind
    weight: float
    words: re.Pattern[str]


@dataclass(frozen=True)
class KindGuess:
    """The likeliest kind, how sure (0–1), and all of them with theirs, falling."""

    kind: Kind
    confidence: float
    top: tuple[tuple[Kind, float], ...]


def _cue(kind: Kind, weight: float, words: str) -> Cue:
    return Cue(kind, weight, re.compile(words))


CUES: Final = (
    _cue(Kind.ASK, 1.5,
         r"请问|咨询|想(?:问|了解|知道|查)|问一下|请教|请告知|听说|(?:怎么|如何|咋)(?:办|申请|交|查|领|报|算|弄|走)"),
    _cue(Kind.ASK, 1.0,
         r"吗|能不能|能否|是不是|有没有|多少|多久|几[天号点月年个]|什么(?:时候|条件|材料|手续|政策)|"
         r"啥(?:时候|材料|手续)?|哪[儿里个些年]|何时|几时|[行能认用]不[行能]?[？?。]?$"),
    _cue(Kind.ASK, 0.8, r"[？?]"),
    _cue(Kind.HELP, 1.5,
         r"求(?:助|救|求|帮|派|支援|你们)|救助|帮(?:帮|忙|我|一把|助|着)|快来|派(?:人|车|铲车)|(?:来|叫)(?:个?人|人看看|修)|"
         r"支援|抢修|恳请"),
    _cue(Kind.HELP, 0.9,
         r"请.{0,6}(?:处理|维修|修|清理|来|接|安置|安排|解决)|(?:赶快|赶紧|马上|尽快).{0,4}(?:来|修|处理|派)|"
         r"急需|急[！!]|走投无路|困难"),
    _cue(Kind.COMPLAINT, 1.5,
         r"投诉|态度(?:恶劣|差|不好|敷衍)|推诿|踢皮球|不作为|不管|没人(?:管|理)|不(?:退|认账|予理睬|给(?:退|赔|补))|"
         r"拒(?:绝|不)|扰民"),
    _cue(Kind.COMPLAINT, 0.8,
         r"太(?:差|过分|吵)|霸王|敷衍|糊弄|忽悠|乱收费|强制|拖(?:着|拉|延|欠)|吵|睡不着|骂|多次(?:反映|找|打)|"
         r"反映(?:了|过)|没(?:有)?(?:结果|下文|回音|动静)|退款|退钱|要求退"),
    _cue(Kind.REPORT, 1.8, r"举报|检举|揭发|查处"),
    _cue(Kind.REPORT, 1.1,
         r"违(?:法|规|建|章)|非法|无(?:证|照|牌)|(?:没有?|没个?)(?:营业)?(?:证|执照|手续|牌照|许可|资质|牌子|环评)|"
         r"偷(?:偷|排|采|砍|税|漏)|贪污|受贿|收礼|私(?:自|设|搭|装|了)|赌|传销|假(?:冒|药|酒|烟|证|发票|学历)|"
         r"骗(?:取|老)|套取|造假|三无|病死|瞒报|转包|贩|倒卖"),
    _cue(Kind.ADVICE, 1.8, r"建议|提(?:个|点|一点)?意见|献.{0,1}计|我有.{0,3}想法|我认为|我觉得应"),
    _cue(Kind.ADVICE, 1.0,
         r"(?:希望|请|盼).{0,12}(?:增|设|加|多|出台|延长|优化|推行|考虑)|可不可以|可以(?:考虑|学)|"
         r"应该|应当|最好|不如|更(?:好|安全|方便|人性)|就好了|(?:统一|多)(?:装|换|开|种|放)|能不能给"),
    _cue(Kind.PRAISE, 1.8,
         r"表扬|感谢|谢(?:谢|了)|[点大]?.{0,2}赞|锦旗|致敬|好评|感恩|感激|夸|表彰|奖励"),
    _cue(Kind.PRAISE, 1.0,
         r"(?<!不)满意(?!度)|态度.{0,4}好|热情|辛苦|感动|好样的|真(?:好|快|负责|是)|暖|贴心|好人|漂亮"),
)  # fmt: skip
_NOT_THANKS: Final = re.compile(r"(?:谢谢|感谢)[！!。~～.]*$|(?:不|很不|非常不)满意|盼复.{0,4}谢谢")


def guess(text: str, model: Classifier | None) -> KindGuess:
    """The kind of a matter. Raises Unavailable from the model; without a model the words answer, never sure."""
    odds = {kind: math.log(USUAL.get(kind, LEAST)) for kind in KINDS}
    if model is not None and text.strip():
        odds = {Kind(label): math.log(max(chance, 1e-4)) for label, chance in model.predict(text).top}
        odds = {kind: odds.get(kind, math.log(1e-2)) for kind in KINDS}
    for cue in said(text):
        odds[cue.kind] += cue.weight
    return _ranked(odds, 1.0 if model is not None else NO_MODEL)


def said(text: str) -> tuple[Cue, ...]:
    """The cues of a text; a closing 谢谢 is a habit, no praise."""
    bare = _NOT_THANKS.sub("", text.strip())
    return tuple(cue for cue in CUES if cue.words.search(bare))


def _ranked(odds: dict[Kind, float], ceiling: float) -> KindGuess:
    powers = {kind: math.exp(value) for kind, value in odds.items()}
    total = sum(powers.values())
    best = sorted(((kind, ceiling * power / total) for kind, power in powers.items()), key=lambda pair: -pair[1])
    return KindGuess(best[0][0], best[0][1], tuple(best))
