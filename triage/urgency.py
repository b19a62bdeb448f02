"""How much a text presses, by words: danger to life or property first (rules.md §1.3). Pure.

Tuned to miss nothing: a doubtful word raises. Known look-alikes (气死了, 火锅, 跳楼价) are taken out first. It only
ever suggests; a person decides, and no case is hidden by it.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass

from hotline.words import Urgency


@dataclass(frozen=True)
class Risk:
    """A row of the table: what it is called, how much it presses, which line to open, and the words that show it."""

    name: str
    urgency: Urgency
    lines: tuple[str, ...]
    words: str


@dataclass(frozen=True)
class Sign:
    """A word of the text that moved the suggestion, `text[start:end]`."""

    word: str
    start: int
    end: int
    risk: str
    urgency: Urgency


@dataclass(frozen=True)
class Suggestion:
    """The urgency, the emergency numbers to offer (most pressing first), and why."""

    urgency: Urgency
    lines: tuple[str, ...]
    signs: tuple[Sign, ...]


_GAS = r"(?:煤气|燃气|天然气|液化气|液化石油气|瓦斯|沼气|煤气罐|燃气管道?|天然气管道?)"
_CHILD = r"(?:孩子|小孩|儿童|幼儿|女儿|儿子|孙子|孙女|学生|老人|老人家|母亲|父亲|我妈|我爸|奶奶|爷爷|老伴|家人)"
_MANY = (
    r"(?:[一二三四五六七八九两几]?[十百千]|[二三四五六七八九]|\d{2,}|多|全体|众多|一群|很多|许多|上百|数十|大批)"
    r"[多余几来]*[名个位号]?"
)

RISKS = (
    Risk("火情", Urgency.CRITICAL, ("119",),
         r"着火|着了?大火|起火|失火|火灾|火警|火光|火势|火苗|大火|明火|烧起来|烧着了?|烧了起来|浓烟|"
         r"冒(?:黑|白)?烟|自燃|救火|爆燃|爆炸|"
         r"炸了|闷燃|纵火|放火|房子烧"),
    Risk("燃气泄漏", Urgency.CRITICAL, ("119",),
         rf"{_GAS}.{{0,8}}(?:泄漏|泄露|漏气|在漏|漏了|跑气|爆|味|臭|断裂|挖断|挖破|破裂)|(?:闻到|一股).{{0,5}}{_GAS}|"
         r"漏气|挖断.{0,6}(?:煤气|燃气|天然气)|一氧化碳|煤气中毒|阀门.{0,4}漏"),
    Risk("危化品", Urgency.CRITICAL, ("119",),
         r"(?:氨气|氯气|毒气|有毒气体|化学品|危化品|硫酸|盐酸|甲醇|汽油|柴油|油罐车?|槽罐车).{0,8}(?:泄漏|泄露|外泄|漏|倾倒|侧翻)|"
         r"毒气|泄漏了?有毒"),
    Risk("急病重伤", Urgency.CRITICAL, ("120",),
         r"昏迷|晕倒|昏倒|晕过去|昏过去|不省人事|没了?呼吸|没有呼吸|呼吸困难|喘不(?:过|上)来?气|喘不上|"
         r"心脏骤停|心梗|心跳停|脑溢血|脑出血|中风|休克|"
         r"大出血|流血不止|血流不止|止不住血|满地是?血|全是血|浑身是血|抽搐|口吐白沫|没了?意识|没有意识|叫不醒|"
         r"生命危险|生命垂危|病危|快不行了|快要?死了|"
         r"奄奄一息|羊水破|要生了|难产|触电|电击伤|被电(?:到|了|倒|伤)|中毒|上吐下泻|误食|误服|烧伤|烫伤|撞伤|"
         r"撞倒|撞死|撞飞|压伤|砸伤|砸到人|砸中|"
         r"摔伤|摔断|骨折|轧伤|被轧|受伤|伤者|伤亡|死人了|出人命|人命关天|死亡|咬伤|救护车|急救|抢救|突发疾病|"
         r"中暑|卡住喉咙|窒息"),
    Risk("溺水", Urgency.CRITICAL, ("119", "120"),
         r"溺水|落水|落入水中|(?:掉|跌|摔|落)(?:进|入|到|下)了?.{0,6}(?:河|井|水|坑|沟|湖|塘|库|渠|崖|桥)"),
    Risk("轻生", Urgency.CRITICAL, ("110", "120"),
         r"自杀|轻生|跳楼|跳河|跳桥|跳江|跳下去|跳井|割腕|割脉|喝了?农药|服毒|服药自|吞药|吃了.{0,6}安眠药|"
         r"安眠药|百草枯|敌敌畏|不想活|活不下去|没法活|"
         r"不活了|活着没意思|活着没有?意思|活够了|寻短见|一死了之|死了算|以死|结束(?:自己的?)?生命|遗书|上吊|"
         r"想死|去死|只有死路|死给你|自残|自尽|寻死|卧轨|"
         r"离开这个世界|下辈子|解脱"),
    Risk("暴力伤害", Urgency.CRITICAL, ("110",),
         r"打人|被打|挨打|殴打|打伤|打架|斗殴|群殴|围殴|持刀|拿着?刀|动刀|带刀|砍人|砍伤|砍了|砍我|"
         r"捅(?:了|人|伤|我|死)|绑架|抢劫|抢走|被抢|家暴|强奸|猥亵|"
         r"性侵|强暴|杀人|杀了|杀死|杀害|要杀|杀我|打死|弄死|同归于尽|报复社会|炸弹|炸药|枪支|开枪|持枪|行凶|"
         r"歹徒|非法拘禁|限制.{0,3}人身自由|囚禁|被扣押|"
         r"关押|打砸|砸门|撬门|入室|尾随|跟踪我|闯进|人身威胁|威胁.{0,8}(?:杀|死|命|安全|家人|打|砍)|要我的?命|"
         r"虐待|施暴|暴力(?:拆|催|讨|伤|对待|执法)|拐卖|拐走|人贩子|"
         r"传销.{0,6}(?:控制|出不|困)|逼我.{0,4}(?:卖淫|签)"),
    Risk("失踪", Urgency.CRITICAL, ("110",),
         rf"走失|失踪|走丢|失联|{_CHILD}.{{0,8}}(?:不见了|丢了|找不到了?|没回来|没回家|联系不上)|"
         rf"独居.{{0,12}}(?:没人应|联系不上|敲门|没动静|不开门)"),
    Risk("人员被困", Urgency.CRITICAL, ("119",),
         r"被困|困在|困住|关在(?:电梯|里面|车里|屋)|锁在(?:车|屋|里|家|房)|卡在|出不来|埋在|被埋|掩埋|"
         r"压在.{0,6}(?:下|里)|坍塌|塌方|倒塌|垮塌|塌了|楼.{0,4}(?:要|快)(?:塌|倒)|"
         r"滑坡|泥石流|决堤|溃坝|洪水|山洪|电梯.{0,6}(?:坠落|坠下|掉下|急坠|蹲底)|电梯.{0,3}突然.{0,4}坠"),
    Risk("交通事故", Urgency.CRITICAL, ("110", "120"),
         r"车祸|交通事故|翻车|连环撞|撞了人|撞人|撞到(?:人|老人|孩子|小孩)|肇事|逃逸"),
    Risk("未成年人受害", Urgency.CRITICAL, ("110",),
         r"(?:校园|校内)?霸凌|校园欺凌|欺凌|体罚|"
         r"(?:老师|教师|幼师|保姆).{0,4}(?:殴打|打(?:孩子|学生|小孩|人|我|耳光|骂|了|伤)|用针|扎|掐|踢|扇|虐)|"
         r"遗弃|弃婴|(?:未成年|幼女|女童|女学生).{0,8}(?:侵害|骚扰|怀孕|陪酒)"),
    Risk("公共设施险情", Urgency.URGENT, (),
         r"高空坠物|高空抛物|坠落|掉下来|砸下来|脱落|裸露.{0,4}(?:电线|电缆)|"
         r"(?:电线|电缆|高压线).{0,8}(?:掉|垂|断|裸露|漏电|打火|耷拉|落)|漏电|电火花|打火花|"
         r"井盖.{0,8}(?:丢|没|不见|缺|坏|破|翘|塌|开)|没有?井盖|塌陷|路面.{0,4}(?:塌|下沉)|深坑|地陷|大坑|开裂|"
         r"裂缝|危房|危楼|危墙|倾斜|摇摇欲坠|要倒|快倒|"
         r"爆管|水管.{0,4}(?:爆|破裂)|爆裂|喷水|跑水|内涝|积水.{0,6}(?:深|没过|淹|进)|淹了|被淹|倒灌|"
         r"树.{0,6}(?:倒了|断|压|砸)|电梯.{0,8}(?:下坠|故障|失灵|抖|停在)|"
         r"刹车失灵|消防通道.{0,6}(?:堵|占|锁)|堵.{0,4}消防通道|安全隐患|火灾隐患|险情|危险"),
    Risk("民生中断", Urgency.URGENT, (),
         r"停水|断水|没水|停电|断电|没电|停暖|暖气.{0,4}不热|停气|断气|没暖气|供暖.{0,6}(?:中断|停)|"
         r"水.{0,4}(?:发黑|发臭|异味|发黄|变色)|污水.{0,6}(?:外溢|冒|流)"),
    Risk("群体性事件", Urgency.URGENT, ("110",),
         r"聚集|集体上访|群体|上访|堵路|堵门|堵了.{0,6}(?:路|门|厂|工地)|围堵|拉横幅|横幅|游行|示威|罢工|罢运|"
         r"罢市|罢课|静坐|冲突|闹事|维权|进京|去北京|去省里"),
    Risk("群体欠薪", Urgency.URGENT, (),
         rf"讨薪|欠薪|{_MANY}(?:民工|农民工|工友|工人|员工|职工|人).{{0,14}}(?:工资|工钱|血汗钱|没发|没拿到|欠)|"
         rf"(?:拖欠|欠|克扣).{{0,12}}(?:工资|工钱|血汗钱|薪)|"
         r"(?:包工头|老板|公司).{0,6}(?:跑了|跑路|失联|卷款)"),
    Risk("诈骗", Urgency.URGENT, ("110",),
         r"诈骗|被骗|骗走|骗了|骗子|刷单|杀猪盘|冒充.{0,6}(?:公安|警察|客服|领导)|卷款|跑路|非法集资|盗刷|"
         r"套路贷|高利贷|逼债|催收"),
    Risk("食品药品", Urgency.URGENT, (),
         r"拉肚子|食物.{0,4}(?:变质|发霉|有虫)|吃坏|过期.{0,4}(?:药|疫苗|奶粉)|假药|毒(?:大米|奶粉|馒头|豆芽)"),
    Risk("传染病与动物", Urgency.URGENT, (),
         r"疫情|传染|霍乱|流感爆发|聚集性|发热.{0,6}(?:学生|孩子|多人)|狗咬|被.{0,3}狗|恶犬|疯狗|马蜂窝|毒蛇|"
         r"蛇进|咬人"),
    Risk("威胁", Urgency.URGENT, ("110",),
         r"威胁|恐吓|骚扰|勒索|敲诈|人身安全|报复|出事|后果自负|不客气|赌博|吸毒|贩毒|毒品|卖淫"),
    Risk("环境急情", Urgency.URGENT, (),
         r"偷排|死鱼|鱼.{0,3}死了|饮用水源?.{0,6}(?:污染|投毒)|投毒|刺鼻|刺激性气味|呛得|辐射泄漏"),
)  # fmt: skip

LOOK_ALIKES = (
    r"(?:气|累|热|冷|烦|吵|急|饿|笑|吓|臭|冻|困|渴|挤|堵|愁|闷|难受|熏|恶心|忙|羡慕|爱|恨|晒|渣)死(?:了|人|我|个人|我们|老百姓|掉)*",
    (r"火锅|上火|火车|恼火|发火|发起火|火爆|火热|红火|火化|火葬|火炬|火腿|火箭|火了一把|烟火气|一肚子火|"
    r"火力|灭火器|消防栓|打火机|防火[门墙材]|森林防火|火山|火龙果"),
    (r"(?:信息|知识|人口|流量)爆炸|爆炸(?:性|头|式)|爆[款料满棚仓]|炸[鸡串油糕酱]|油炸|炸了锅|炸开了?锅|"
    r"朋友圈.{0,2}炸了"),
    (r"跳楼(?:价|大?甩卖|机|大促)|自杀式|秒杀|杀[价毒虫菌]|抹杀|扼杀|杀手锏|砍[价树伐]|枪手|"
    r"抢[购手修占险眼先]|抢注|发令枪|水枪|胶枪"),
    (r"打人(?:工|民|社)|被打(?:电话|扰|断|上|折|扫|造|包|印|发走|入|回|包)|打死(?:也|都)不|捅(?:娄子|破天)|"
    r"拿刀(?:鱼|片)|要我的?命题"),
    (r"其中风|中风险|落水(?:管|口|斗|井)|雨落水|煤气费|"
    r"(?:燃气|天然气|煤气)(?:费|公司|安装|开户|报装|表|价格|初装|缴费|改造|入户|灶|热水器|壁挂炉|开通|置换|卡|充值|的?收费)(?!.{0,8}(?:漏|味|爆))"),
    (r"(?:电脑|手机|网站|系统|软件)中毒|网络中毒|中毒率|晕车|触电影|困难(?:群体)?|困扰|困惑|被困扰|解脱出来|"
    r"嗓子.{0,2}冒烟|油烟|炊烟|没完没了"),
    (r"(?:防|预防|防范)(?:火|溺水|诈骗?|欺凌|灾减灾|中毒|触电|踩踏)|反(?:诈|家暴)|禁毒|防灾|"
    r"急救(?:培训|知识|证|课)|安全教育|自燃险|火灾险"),
    (r"死亡(?:证明|注销|待遇|抚恤|丧葬|销户|登记|补助|赔偿金?标准)|抚恤|丧葬|"
    r"工伤(?:认定|鉴定|赔偿|保险|待遇)|骨折.{0,4}报销|(?:住院|急诊|抢救费?).{0,4}报销|抢救费用"),
    (r"(?:想|爱)死你|去死角|卫生死角|死角|下辈子[都也]忘不|死胡同|死板|没有?危险|不危险|脱离危险|"
    r"危险品运输资格|危险废物|危险驾驶罪"),
    (r"维权(?:热线|电话|中心)|人才聚集|聚集地|蚊[虫蝇]?.{0,3}聚集|产业聚集|群体(?:免疫|特征)|弱势群体|"
    r"困难群体|老年群体|特殊群体|受益群体|人群体检"),
    r"举报骚扰电话怎么|停电通知|停水通知|停电公告|计划停[水电]|水电费|报复性(?:消费|熬夜)|咨询.{0,6}疫苗",
    (r"出不来(?:结果|成绩|报告|分数|通知|证)|卡在(?:审核|流程|这一步|系统|那里审|审批|环节)|"
    r"被卡在(?:审核|流程)|断气象|没水平|没电视|没电话|没电梯|没水印"),
)  # fmt: skip
_LOOK_ALIKE = re.compile("|".join(LOOK_ALIKES))
_WITHIN_A_CLAUSE = "[^，。；！？、,;!?\\n]{"
_PATTERNS = tuple((risk, re.compile(risk.words.replace(".{", _WITHIN_A_CLAUSE))) for risk in RISKS)
_ONLY_TALK_AFTER = re.compile(
    r"(?:的|等|应急|安全|事故|逃生|自救)?(?:演练|演习|预案|宣传|知识|培训|保险|教育|讲座|课程|条例|法规|险种|主题|题材|纪录片|电影|小说)"
)
_SUPPOSED_BEFORE = re.compile(
    r"(?:万一|如果|假如|要是|一旦|防止|预防|避免|杜绝|以免|容易|容易引发|极易|易引发|易发生|存在|差点|差一点|险些|几乎)[^，。！？；,!?;]{0,6}$"
)
_RANK = {Urgency.NORMAL: 0, Urgency.URGENT: 1, Urgency.CRITICAL: 2}
BEFORE = 12


def assess(text: str) -> Suggestion:
    """The highest urgency any word of the table gives, with every word that counted, by place in the text."""
    signs = tuple(sorted(_signs(text), key=lambda sign: (sign.start, sign.end)))
    urgency = max((sign.urgency for sign in signs), key=_RANK.__getitem__, default=Urgency.NORMAL)
    return Suggestion(urgency, _lines(signs), signs)


def _signs(text: str) -> Iterator[Sign]:
    """Look-alikes are blanked out first, so that places stay the same."""
    bare = _LOOK_ALIKE.sub(lambda match: "\0" * len(match[0]), text)
    for risk, pattern in _PATTERNS:
        for match in pattern.finditer(bare):
            if not _ONLY_TALK_AFTER.match(bare, match.end()):
                yield Sign(match[0], match.start(), match.end(), risk.name, _pressing(risk, bare, match.start()))


def _pressing(risk: Risk, bare: str, start: int) -> Urgency:
    """What is only feared (万一着火) presses, but is not happening."""
    feared = _SUPPOSED_BEFORE.search(bare[max(start - BEFORE, 0) : start])
    return Urgency.URGENT if feared else risk.urgency


def _lines(signs: tuple[Sign, ...]) -> tuple[str, ...]:
    """The emergency numbers of the signs, those of the most pressing first, each once."""
    lines = {risk.name: risk.lines for risk in RISKS}
    pressing = sorted(signs, key=lambda sign: -_RANK[sign.urgency])
    return tuple(dict.fromkeys(line for sign in pressing for line in lines[sign.risk]))
