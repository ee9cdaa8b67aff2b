"""Invented people: names, numbers and lives that look real and belong to nobody.

Identity numbers lie in areas never issued (``PP0000``), phones in a range no carrier has (154), cards are a
made-up prefix with a valid check digit. Source: lending guide §11.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from random import Random

from loanhub.domain.identity import id_check_character

SURNAMES = (
    "王" * 8 + "李" * 8 + "张" * 7 + "刘" * 6 + "陈" * 5 + "杨" * 4 + "黄" * 3 + "赵" * 3 + "吴" * 3 + "周" * 3
    + "徐孙马朱胡郭何林高罗郑梁谢宋唐许邓冯韩曹曾彭萧蔡潘田董袁于余叶蒋杜苏魏程吕丁沈任姚卢傅钟姜崔谭廖范汪陆金石戴贾韦夏邱方侯邹熊孟秦白江阎薛尹段雷黎史龙陶贺顾毛郝龚邵万钱严单仇解"
)  # fmt: skip
COMPOUND = ("欧阳", "司马", "上官", "诸葛", "皇甫")
MALE = "伟强磊军洋勇杰涛明超刚平辉鹏华飞鑫波斌宇浩凯健俊帆帅旭宁龙林文博宏志建国立新德胜启海峰"
FEMALE = "芳娜敏静丽娟艳霞秀英桂兰玉萍红玲芬燕彩云洁梅琳莉雪婷慧颖佳欣雅思语桐若溪婉清梦瑶"
RARE = "堃喆祎翀玥璟昶頔赟璠"
CITIES = {
    "上海": ("上海", "苏州", "无锡"), "杭州": ("杭州", "嘉兴", "宁波"), "深圳": ("深圳", "东莞", "惠州"),
    "成都": ("成都", "绵阳", "德阳"),
}  # fmt: skip
PROVINCES = {"上海": "31", "苏州": "32", "无锡": "32", "杭州": "33", "嘉兴": "33", "宁波": "33", "深圳": "44",
             "东莞": "44", "惠州": "44", "成都": "51", "绵阳": "51", "德阳": "51"}  # fmt: skip
DISTRICTS = {"上海": "上海市浦东新区", "苏州": "苏州市相城区", "无锡": "无锡市梁溪区", "杭州": "杭州市余杭区",
             "嘉兴": "嘉兴市南湖区", "宁波": "宁波市鄞州区", "深圳": "深圳市龙岗区", "东莞": "东莞市南城区",
             "惠州": "惠州市惠城区", "成都": "成都市武侯区", "绵阳": "绵阳市涪城区", "德阳": "德阳市旌阳区"}  # fmt: skip
TRADES = (
    ("餐饮", "餐馆"), ("建材", "建材经营部"), ("服装", "服饰店"), ("五金", "五金加工厂"), ("物流", "物流服务部"),
    ("教培", "培训中心"), ("商超", "超市"), ("纺织", "纺织有限公司"), ("汽配", "汽配经营部"), ("食品", "食品有限公司"),
    ("医美", "美容服务中心"), ("农资", "农资经营部"), ("电商", "电子商务有限公司"), ("装修", "装饰工程有限公司"),
    ("印刷", "印务有限公司"), ("模具", "模具厂"),
)  # fmt: skip
PURPOSES = (
    "进货周转",
    "采购原材料",
    "支付工程款",
    "门店装修",
    "购置设备",
    "备货旺季",
    "支付货款",
    "扩大经营",
)
STREETS = ("示例路", "样例街", "演示大道", "模拟路")


@dataclass(frozen=True)
class Person:
    """One invented person; numbers are valid in form and belong to nobody."""

    name: str
    gender: str
    phone: str
    id_number: str
    birth_date: date
    city: str
    address: str
    industry: str
    company_name: str
    card: str
    monthly_income_fen: int


def luhn_digit(body: str) -> str:
    """Return the check digit of a card number's body."""
    total = 0
    for position, digit in enumerate(reversed(body)):
        value = int(digit) * (2 if position % 2 == 0 else 1)
        total += value - 9 if value > 9 else value
    return str(-total % 10)


class People:
    """Makes people one after another; the same seed makes the same people."""

    def __init__(self, seed: int, today: date) -> None:
        self._random = Random(seed)
        self._today = today
        self._count = 0
        self._names: set[str] = set()

    def name(self, gender: str) -> str:
        """Return a name, each at most once until they run out."""
        pick = self._random
        for _ in range(60):
            surname = pick.choice(COMPOUND) if pick.random() < 0.012 else pick.choice(SURNAMES)
            letters = MALE if gender == "male" else FEMALE
            given = "".join(pick.choice(letters) for _ in range(2 if pick.random() < 0.86 else 1))
            if pick.random() < 0.01:
                given = given[:1] + pick.choice(RARE)
            if surname + given not in self._names:
                break
        self._names.add(surname + given)
        return surname + given

    def make(self, branch_city: str) -> Person:
        """Return a person living around a branch's city."""
        pick = self._random
        self._count += 1
        gender = "male" if pick.random() < 0.58 else "female"
        city = pick.choice(CITIES[branch_city])
        born = self._today - timedelta(days=int(pick.triangular(24, 58, 38) * 365.25))
        order = (self._count * 2 + (1 if gender == "male" else 0)) % 1000
        body = f"{PROVINCES[city]}0000{born:%Y%m%d}{order:03d}"
        trade, suffix = pick.choice(TRADES)
        name = self.name(gender)
        card = f"622200{self._count:09d}"
        return Person(
            name=name,
            gender=gender,
            phone=f"154{self._count + 10_000_000:08d}",
            id_number=body + id_check_character(body),
            birth_date=born,
            city=city,
            address=f"{DISTRICTS[city]}{pick.choice(STREETS)} {pick.randint(1, 899)} 号",
            industry=trade,
            company_name=f"示例{city}{pick.choice('宏达鑫诚汇川锦程恒信瑞丰')}{suffix}",
            card=card + luhn_digit(card),
            monthly_income_fen=pick.randint(8, 60) * 100_000,
        )
