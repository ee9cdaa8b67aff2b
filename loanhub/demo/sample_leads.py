"""The sample spreadsheet samples/leads.xlsx: 500 believable, dirty leads, the same ones for the same seed.

Nobody in it exists: phones are 154…, ID numbers use areas that were never issued (lending-domain.md §11).
What an import should make of it stands in samples/README.md, and a test compares.
"""

from __future__ import annotations

import random
from collections.abc import Callable
from datetime import date, datetime, timedelta
from pathlib import Path

import xlsxwriter

from loanhub.domain.identity import id_check_character
from loanhub.domain.loose_values import CHANNEL_SYNONYMS

SEED = 20260521
ROW_COUNT = 500
LAST_DAY = date(2026, 5, 20)
SHEET = "线索名单"
HEADERS = (
    "客户姓名", "联系电话", "意向金额(万)", "来源", "城市", "登记日期", "身份证号", "意向产品", "职业", "意向等级", "备注", "微信昵称",
)  # fmt: skip
_NAME, _PHONE, _AMOUNT, _CHANNEL, _CITY, _DATE, _ID, _PRODUCT, _JOB, _INTENT, _NOTE, _NICK = range(
    len(HEADERS)
)

Cell = str | int | float | date | None

_SURNAMES = "王王王王李李李李张张张张刘刘刘陈陈陈杨杨黄黄赵赵吴吴周周徐孙马朱胡郭何林罗高郑梁谢宋唐许韩冯邓曹彭曾萧田董袁潘蒋蔡余杜叶程苏魏吕丁沈单仇解查"
_GIVEN = "伟芳娜敏静丽强磊军洋勇艳杰娟涛明超秀霞平刚桂英华玉兰红建国志远晓雨欣怡子涵浩然梓萱宇轩佳宁文博思远嘉禾若溪俊豪雅琴海燕立新春梅永康"
_FAMOUS = frozenset(
    [
        "李娜",
        "刘涛",
        "黄磊",
        "李宁",
        "周杰",
        "张杰",
        "郭涛",
        "胡军",
        "王刚",
        "高军",
        "张静",
        "徐静",
        "陈明",
        "孙红雷",
        "袁立",
        "谢娜",
        "何洁",
        "宋佳",
        "蒋欣",
        "杜海涛",
        "李立军",
        "王志文",
        "张文宏",
        "刘欢",
    ]
)
_RARE = (
    "龚𠮷安",
    "李䶮",
    "张㛃",
    "王犇",
    "陶喆敏",
    "欧阳旸",
    "司马晓瑜",
    "尉迟建华",
    "阿依古丽•买买提",
    "迪力夏提・艾山",
    "令狐珊",
    "单于鸿",
)
_CITIES = (
    "苏州市",
    "苏州",
    "江苏省苏州市",
    "江苏-苏州",
    "上海",
    "上海市",
    "上海市浦东新区",
    "杭州",
    "杭州市",
    "浙江杭州",
    "深圳市",
    "广东省深圳市",
    "成都",
    "四川成都市",
    "南京市",
    "无锡",
)
_PRODUCTS = ("公积金贷", "工薪贷", "税贷", "房抵经营贷", "房抵", "车抵", "二押", "小微周转贷", "")
_JOBS = ("上班族", "个体户", "企业主", "公务员", "教师", "自由职业", "司机", "电商", "餐饮老板", "")
_INTENTS = ("A", "B", "C", "高意向", "一般", "很急", "观望", "", "", "")
_NOTES = (
    "周末联系",
    "下午三点后方便接电话",
    "有房有按揭",
    "公积金连续缴 3 年",
    "名下有车，无贷款",
    "想了解先息后本",
    "和老婆商量一下\n下周再打",
    "之前被别家拒过",
    "急用，本周要款",
    "",
    "",
    "",
    "",
)
_NICKS = (
    "风轻云淡",
    "A小王-建材",
    "阳光🌞",
    "平安是福",
    "Sunny",
    "向前看",
    "🐯老虎",
    "花开富贵",
    "",
    "",
    "",
    "",
)


class _Maker:
    """Makes clean leads one by one, and the parts of them in the many ways people write them."""

    def __init__(self, seed: int) -> None:
        self.chance = random.Random(seed)
        self.phones: set[str] = set()

    def phone(self) -> str:
        while True:
            phone = f"154{self.chance.randrange(10_000_000, 100_000_000)}"
            if phone not in self.phones and len(set(phone[3:])) > 3:
                self.phones.add(phone)
                return phone

    def name(self) -> str:
        while True:
            given = self.chance.choices((1, 2), (15, 85))[0]
            name = self.chance.choice(_SURNAMES) + "".join(self.chance.sample(_GIVEN, given))
            if name not in _FAMOUS:
                return name

    def id_number(self) -> str:
        province = self.chance.choice(("31", "32", "33", "34", "36", "41", "42", "44", "51"))
        born = date(1966, 1, 1) + timedelta(days=self.chance.randrange(13_500))
        body = f"{province}0000{born:%Y%m%d}{self.chance.randrange(1, 999):03d}"
        return body + id_check_character(body)

    def day(self) -> date:
        return LAST_DAY - timedelta(days=self.chance.randrange(45))

    def written_day(self, day: date) -> Cell:
        styles: tuple[Callable[[date], Cell], ...] = (
            lambda d: d.isoformat(),
            lambda d: f"{d.year}/{d.month}/{d.day}",
            lambda d: f"{d.year}年{d.month}月{d.day}日",
            lambda d: f"{d:%Y%m%d}",
            lambda d: f"{d.month}月{d.day}日",
            lambda d: (d - date(1899, 12, 30)).days,
            lambda d: d,
        )
        return self.chance.choices(styles, (25, 20, 12, 12, 8, 8, 15))[0](day)

    def written_amount(self) -> Cell:
        wan = self.chance.choice((5, 8, 10, 10, 15, 15, 20, 20, 25, 30, 30, 50, 80, 100, 120, 200, 300))
        styles: tuple[Cell, ...] = (
            wan,
            str(wan),
            f"{wan}万",
            f"{wan * 10_000:,}",
            f"{wan}.5w",
            f"约{wan}万",
            f"{wan}-{wan * 2}万",
            None,
        )
        return self.chance.choices(styles, (52, 12, 14, 6, 5, 3, 2, 6))[0]

    def written_channel(self) -> str:
        code = self.chance.choices(tuple(CHANNEL_SYNONYMS), (28, 16, 12, 18, 6, 8, 8, 4))[0]
        words = CHANNEL_SYNONYMS[code]
        return self.chance.choice(words[: min(4, len(words))])

    def row(self) -> list[Cell]:
        row: list[Cell] = [None] * len(HEADERS)
        row[_NAME], row[_PHONE] = self.name(), self.phone()
        row[_AMOUNT], row[_CHANNEL] = self.written_amount(), self.written_channel()
        row[_CITY], row[_DATE] = self.chance.choice(_CITIES), self.written_day(self.day())
        row[_ID] = self.id_number() if self.chance.random() < 0.35 else None
        row[_PRODUCT], row[_JOB] = self.chance.choice(_PRODUCTS), self.chance.choice(_JOBS)
        row[_INTENT], row[_NOTE] = self.chance.choice(_INTENTS), self.chance.choice(_NOTES)
        row[_NICK] = self.chance.choice(_NICKS)
        return row


def _wide(text: str) -> str:
    return text.translate({ord(c): ord(c) + 0xFEE0 for c in "0123456789"})


def _spaced(phone: str) -> str:
    return f"{phone[:3]} {phone[3:7]} {phone[7:]}"


def _dirt(maker: _Maker) -> list[tuple[int, Cell]]:
    """Return one (column, cell) to spoil in each of as many clean rows; phones here are new ones."""
    phone = maker.phone
    refused = [phone()[:7] for _ in range(6)] + [phone() + "5" for _ in range(3)]
    refused += [f"0512-0000{n:04d}" for n in (1203, 4417, 5520, 6381)] + ["400-000-1234"]
    refused += ["15400000000", "15499999999", "15412345678", "15466666666", "", "", "", "暂无"]
    writings = [_wide(phone()) for _ in range(10)] + [f"+86 {_spaced(phone())}" for _ in range(8)]
    writings += [f"86{phone()}" for _ in range(4)] + [_spaced(phone()) for _ in range(14)]
    writings += [_spaced(phone()).replace(" ", "-") for _ in range(8)] + [f" {phone()} " for _ in range(5)]
    writings += [f"{phone()}/{phone()}" for _ in range(3)] + [f"手机:{phone()}" for _ in range(2)]
    numbers: list[Cell] = [int(phone()) for _ in range(12)]
    names = [
        "",
        "",
        "",
        "未知",
        "张先生",
        "李女士",
        "王总",
        "陈先生",
        "周小姐",
        "刘老板",
        "王",
        "赵",
        "测试",
        "测试客户",
    ]
    names += [
        "李 明远",
        "王　小 明",
        " 陈丽华",
        "张伟😊",
        "杨静🌸",
        "刘强(老客户)",
        "林敏【加急】",
        "=1+1",
        "12345",
    ]
    names += ["孙晓雨先生", "何文博女士", "John Smith", *_RARE]
    valid_15 = maker.id_number()
    wrong = maker.id_number()
    ids = [valid_15[:6] + valid_15[8:17], wrong[:17] + ("0" if wrong[17] != "0" else "1"), wrong[:14], "无"]
    small_x = next(n for n in iter(maker.id_number, "") if n.endswith("X"))
    ids += [small_x.lower(), _wide(maker.id_number()), f"{wrong[:6]} {wrong[6:14]} {wrong[14:]}"]
    amounts: list[Cell] = [
        "面议",
        "面议",
        "不清楚",
        "四十万",
        "三十五万",
        "１０万",
        8000,
        "1.2亿",
        "一百二十万",
        0,
    ]
    days = ["13月2日", "2026-02-30", "5/3/2026", "2027-01-15", "明天"]
    channels = ["小红书", "快手", "展业群", "朋友 介绍"]
    formulas = ["=1+1", "+SUM(A1:A9)", "-2+3", '=HYPERLINK("http://example.com","点我")', "@cmd"]
    spoiled: list[tuple[int, Cell]] = [(_PHONE, v) for v in (*refused, *writings, *numbers)]
    for column, values in (
        (_NAME, names),
        (_ID, ids),
        (_AMOUNT, amounts),
        (_DATE, days),
        (_CHANNEL, channels),
        (_NOTE, [*formulas, "第一行\n第二行\r\n  第三行  ", "谢谢🙏，等消息"]),
        (_NICK, ["=cmd|' /C calc'!A0", "\u200b小雨\ufeff"]),
    ):
        spoiled += [(column, value) for value in values]
    return spoiled


def _repeated(maker: _Maker, clean: list[list[Cell]]) -> list[list[Cell]]:
    """Return 40 rows that repeat clean ones: 34 by phone, differently written, 6 by ID with another phone."""
    with_id = [row for row in clean if row[_ID]]
    rows = []
    for number, source in enumerate([*clean[:34], *[r for r in with_id if r not in clean[:34]][:6]]):
        row = maker.row()
        row[_NAME] = source[_NAME]
        if number < 34:
            phone = str(source[_PHONE])
            row[_PHONE] = (phone, _spaced(phone), f"+86{phone}", _wide(phone))[number % 4]
            row[_ID] = source[_ID] if number % 2 else None
        else:
            row[_ID] = source[_ID]
        rows.append(row)
    return rows


def sample_rows(seed: int = SEED) -> list[list[Cell]]:
    """Return the 500 rows below :data:`HEADERS`, shuffled."""
    maker = _Maker(seed)
    spoiled = []
    for column, cell in _dirt(maker):
        row = maker.row()
        row[column] = cell
        spoiled.append(row)
    husband, wife = maker.row(), maker.row()
    wife[_PHONE] = husband[_PHONE]
    husband[_ID], wife[_ID] = maker.id_number(), maker.id_number()
    wife[_NOTE] = "和老公共用一个手机号"
    clean = [maker.row() for _ in range(ROW_COUNT - len(spoiled) - 2 - 40)]
    repeated = _repeated(maker, clean)
    first = [*spoiled, husband, wife, *clean]
    maker.chance.shuffle(first)
    rows = [*first]
    for repeat in repeated:
        rows.insert(maker.chance.randrange(len(rows) + 1), repeat)
    return rows


def make_sample(path: Path, seed: int = SEED) -> Path:
    """Write the sample workbook to ``path`` and return it; the same seed gives the same bytes."""
    options = {"strings_to_formulas": False, "strings_to_urls": False, "strings_to_numbers": False}
    with xlsxwriter.Workbook(str(path), options) as workbook:
        workbook.set_properties(
            {"title": "示例线索名单", "comments": "演示数据", "created": datetime(2026, 5, 21)}  # noqa: DTZ001 - a spreadsheet knows no time zone
        )
        sheet = workbook.add_worksheet(SHEET)
        head = workbook.add_format({"bold": True, "bg_color": "#E8EEF7"})
        day = workbook.add_format({"num_format": "yyyy/m/d"})
        sheet.freeze_panes(1, 0)
        sheet.set_column(0, len(HEADERS) - 1, 16)
        for column, header in enumerate(HEADERS):
            sheet.write_string(0, column, header, head)
        for line, row in enumerate(sample_rows(seed), start=1):
            for column, cell in enumerate(row):
                if isinstance(cell, date):
                    sheet.write_datetime(line, column, datetime(cell.year, cell.month, cell.day), day)  # noqa: DTZ001
                elif isinstance(cell, str) and cell:
                    sheet.write_string(line, column, cell)
                elif isinstance(cell, (int, float)):
                    sheet.write_number(line, column, cell)
    return path
