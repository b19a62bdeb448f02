"""Urgency by words: what endangers is never missed, what only sounds so is left alone."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hotline.words import Urgency
from triage.urgency import RISKS, assess

C, U, N = Urgency.CRITICAL, Urgency.URGENT, Urgency.NORMAL

DANGEROUS = [
    ("三楼着火了，里面还有人，快来", C, "119"),
    ("隔壁楼道冒黑烟，好像起火了", C, "119"),
    ("电动车在楼下充电自燃，火势很大", C, "119"),
    ("化工厂刚才发生爆炸，玻璃都震碎了", C, "119"),
    ("屋里一股煤气味，不敢开灯", C, "119"),
    ("施工队把天然气管道挖断了，一直在漏", C, "119"),
    ("燃气表的阀门那里漏气，滋滋响", C, "119"),
    ("一家人一氧化碳，都头晕呕吐", C, "119"),
    ("冷库的氨气泄漏，附近居民眼睛疼", C, "119"),
    ("高速口一辆油罐车侧翻，汽油在流", C, "119"),
    ("老人突然昏迷，叫不醒", C, "120"),
    ("我爸心梗了，喘不过气", C, "120"),
    ("工友从架子上摔伤，流血不止", C, "120"),
    ("学生午饭后上吐下泻，怀疑食物中毒", C, "120"),
    ("孩子误食了老鼠药", C, "120"),
    ("路边电线漏电，有人被电倒了", C, "120"),
    ("孕妇羊水破了，堵在路上走不动", C, "120"),
    ("有小孩在黄河边溺水", C, "120"),
    ("老太太掉进没盖的井里了", C, "119"),
    ("我不想活了，房子烂尾，月供还不上", C, "110"),
    ("再不给钱我就从楼上跳下去", C, "110"),
    ("欠钱不还，我老婆喝了农药", C, "120"),
    ("活着没意思，遗书都写好了", C, "110"),
    ("你们再不管我就死给你们看，一死了之", C, "110"),
    ("有人在跳楼，围了好多人", C, "110"),
    ("邻居拿着刀在楼道里喊", C, "110"),
    ("城管把摊主殴打了，头破了", C, "110"),
    ("我被老公家暴，现在躲在卫生间", C, "110"),
    ("有人要杀我，说要弄死我全家", C, "110"),
    ("扬言要同归于尽，手里有炸药", C, "110"),
    ("被传销的关押起来限制了人身自由", C, "110"),
    ("半夜有人撬门想进来", C, "110"),
    ("女儿被继父猥亵", C, "110"),
    ("七十多岁的父亲走失，有老年痴呆", C, "110"),
    ("孩子放学不见了，找了三个小时", C, "110"),
    ("独居老人三天联系不上，敲门不应", C, "110"),
    ("电梯里被困了四十分钟，里面有老人", C, "119"),
    ("山体滑坡，把进村的路压住了", C, "119"),
    ("工地基坑坍塌，两个工人被埋", C, "119"),
    ("孩子锁在车里了，太阳底下晒着", C, "119"),
    ("路口发生车祸，有人躺在地上", C, "120"),
    ("渣土车撞了人，司机逃逸", C, "110"),
    ("幼儿园老师打孩子，用针扎", C, "110"),
    ("孩子在学校遭到霸凌，不敢上学", C, "110"),
    ("楼上高空抛物，差点砸到人", U, ""),
    ("人行道上井盖没了，是个黑洞", U, ""),
    ("路灯杆的电线裸露在外，一下雨就漏电", U, ""),
    ("主路面塌陷出一个大坑", U, ""),
    ("全小区停水两天了", U, ""),
    ("零下十度停暖，家里有新生儿", U, ""),
    ("三十多名农民工的工资拖欠半年了", U, ""),
    ("包工头跑了，我们二十个工人的血汗钱没着落", U, ""),
    ("业主聚集在售楼部门口拉横幅", U, "110"),
    ("出租车司机准备罢运堵路", U, "110"),
    ("刚刚被骗走八万，是刷单诈骗", U, "110"),
    ("有人打电话威胁我，让我后果自负", U, "110"),
    ("厂里夜里偷排，河里死鱼一片", U, ""),
    ("被流浪狗咬了，没人管", U, ""),
    ("水龙头里的水发黑发臭，不敢喝", U, ""),
    ("危房墙体倾斜，随时要倒", U, ""),
    ("万一着火消防车进不来", U, "119"),
    ("电梯经常下坠故障，老人不敢坐", U, ""),
]

HARMLESS = [
    ("办个证跑了五趟，气死我了", "气死"),
    ("排队两小时，热死人了", "热死"),
    ("噪声太大，吵死了", "吵死"),
    ("楼下新开的火锅店几点关门", "火锅"),
    ("请问火车站到市民中心坐几路车", "火车"),
    ("这几天上火，想问社区医院能不能开药", "上火"),
    ("商场搞跳楼价促销，买回来不给退", "跳楼价"),
    ("打人工客服一直占线", "打人工"),
    ("每天被打扰，推销电话太多", "被打扰"),
    ("预约平台秒杀一样，根本抢不到号", "秒杀"),
    ("网上抢购的门票能不能退", "抢购"),
    ("燃气费的发票在哪里打", "燃气费"),
    ("天然气开户需要带什么材料", "开户"),
    ("下雨时落水管的声音很响", "落水管"),
    ("电脑中毒了，社保网站登不上", "电脑中毒"),
    ("询问消防演练什么时候举行", "演练"),
    ("学校组织了防溺水教育，建议多办", "防溺水"),
    ("反诈宣传做得很好，表扬民警", "反诈"),
    ("咨询家人死亡证明怎么开", "死亡证明"),
    ("父亲去世后丧葬补助怎么领", "丧葬"),
    ("骨折住院报销比例是多少", "报销"),
    ("我的申请卡在审核环节一个月", "卡在审核"),
    ("成绩出不来结果，什么时候公布", "出不来结果"),
    ("养老待遇问题一直困扰着我", "困扰"),
    ("困难群体的补贴标准是多少", "困难群体"),
    ("停车场卫生死角没人扫", "死角"),
    ("夏天蚊虫聚集，希望消杀", "蚊虫聚集"),
    ("希望把行道树修一下，不要砍树", "砍树"),
    ("市场里的炸鸡摊油烟大", "炸鸡"),
    ("知识爆炸的时代，建议图书馆晚点关门", "知识爆炸"),
    ("灭火器年检在哪里办", "灭火器"),
    ("建议建一个火炬形状的雕塑", "火炬"),
    ("急救培训去哪里报名", "急救培训"),
    ("平时坐公交晕车，建议开窗", "晕车"),
    ("其中风景区门票六十元，老人有没有优惠", "其中风"),
    ("孩子几岁可以上幼儿园", "没有险词"),
    ("咨询公积金贷款额度", "没有险词"),
    ("路灯晚上不亮", "没有险词"),
]


@pytest.mark.fast
@pytest.mark.parametrize(("text", "urgency", "line"), DANGEROUS)
def test_danger_raises_the_urgency_and_opens_its_line(text, urgency, line):
    said = assess(text)
    assert said.urgency == urgency
    assert not line or line in said.lines


@pytest.mark.fast
@pytest.mark.parametrize(("text", "why"), HARMLESS)
def test_look_alikes_stay_normal(text, why):
    assert assess(text).signs == (), why


@pytest.mark.fast
def test_a_look_alike_does_not_hide_a_real_danger_beside_it():
    assert assess("火锅店着火了").urgency == C
    assert assess("气死了，我要跳楼").lines[0] == "110"


@pytest.mark.fast
def test_the_line_of_the_most_pressing_sign_comes_first():
    assert assess("有人威胁我们，说完就把仓库点着火了").lines == ("119", "110")


@pytest.mark.fast
def test_every_risk_of_the_table_is_shown_by_a_sentence_here():
    shown = {sign.risk for text, _, _ in DANGEROUS for sign in assess(text).signs}
    assert {risk.name for risk in RISKS} - shown == {"食品药品"}
    assert assess("学校食堂的食物发霉，孩子拉肚子").signs[0].risk == "食品药品"


@pytest.mark.fast
@given(st.lists(st.sampled_from([text for text, _, _ in DANGEROUS] + [text for text, _ in HARMLESS]), max_size=5))
def test_signs_stand_where_they_say_and_the_highest_decides(parts):
    text = "。".join(parts)
    said = assess(text)
    assert all(text[sign.start : sign.end] == sign.word for sign in said.signs)
    assert said.urgency in {N, *(sign.urgency for sign in said.signs)}


@pytest.mark.fast
@given(st.text(max_size=300))
def test_any_text_is_weighed(text):
    assert assess(text).urgency in set(Urgency)
