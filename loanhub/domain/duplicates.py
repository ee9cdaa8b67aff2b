"""When two records are one party 查重: what may agree, how much that says, what a firm makes of it.

Evidence adds up as chances do: with evidence of a and b points of 100 the score is 100 − (100−a)(100−b)/100.
Two different identity numbers are two parties, whatever else agrees; other contradictions take points away.
Source: lending-domain.md §1.6, §5.6; points are the firm's experience of how many parties share such a thing.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from difflib import SequenceMatcher
from functools import lru_cache

from loanhub.domain.choice import Choice
from loanhub.domain.errors import InvalidInput
from loanhub.domain.names import name_syllables, normalize_company_name, normalize_name


class Key(Choice):
    """What two records may agree on 查重依据, strongest first."""

    ID_NUMBER = "id_number", "证件号码相同"
    COMPANY_CODE = "company_code", "统一社会信用代码相同"
    PHONE = "phone", "手机号相同"
    WECHAT = "wechat", "微信号相同"
    NAME_BIRTH = "name_birth", "姓名和出生日期相同"
    COMPANY_NAME = "company_name", "企业名称相同"
    NAME_PHONE_TAIL = "name_phone_tail", "姓名相同、手机尾号相同"
    NAME_ADDRESS = "name_address", "姓名同音、住址相同"
    RELATIVE_PHONE = "relative_phone", "手机号是对方的关系人"
    NAME_EMPLOYER = "name_employer", "姓名相近、单位相同"
    NAME_CITY = "name_city", "姓名同音、城市相同"


class Certainty(Choice):
    """How sure a match is."""

    EXACT = "exact", "确定相同"
    STRONG = "strong", "很可能相同"
    FUZZY = "fuzzy", "可能相同"


class Mode(Choice):
    """What a firm makes of a key 处理方式."""

    STOP = "stop", "拦截"
    WARN = "warn", "提示"
    OFF = "off", "不查"


CERTAINTIES = {
    Key.ID_NUMBER: Certainty.EXACT, Key.COMPANY_CODE: Certainty.EXACT, Key.PHONE: Certainty.EXACT,
    Key.WECHAT: Certainty.STRONG, Key.NAME_BIRTH: Certainty.STRONG, Key.COMPANY_NAME: Certainty.STRONG,
    Key.NAME_PHONE_TAIL: Certainty.STRONG, Key.RELATIVE_PHONE: Certainty.STRONG,
    Key.NAME_ADDRESS: Certainty.FUZZY, Key.NAME_EMPLOYER: Certainty.FUZZY, Key.NAME_CITY: Certainty.FUZZY,
}  # fmt: skip
POINTS = {
    Key.ID_NUMBER: 100, Key.COMPANY_CODE: 100, Key.PHONE: 85, Key.WECHAT: 85, Key.NAME_BIRTH: 80,
    Key.COMPANY_NAME: 80, Key.NAME_PHONE_TAIL: 70, Key.NAME_ADDRESS: 70, Key.RELATIVE_PHONE: 60,
    Key.NAME_EMPLOYER: 60, Key.NAME_CITY: 35,
}  # fmt: skip
DEFAULT_MODES = {
    key: Mode.STOP if key in (Key.ID_NUMBER, Key.COMPANY_CODE, Key.PHONE) else Mode.WARN for key in Key
}
STOPPABLE = (Key.ID_NUMBER, Key.COMPANY_CODE, Key.PHONE)
"""Only what agrees digit by digit may stop an entry; a likeness of names never turns a person away."""

SAME_NAME_POINTS = 15
OTHER_NAME_POINTS = 35
PART_OF_NAME_POINTS = 20
OTHER_NAME_BELOW = 40
"""Names less alike than this are two names."""
OTHER_BIRTH_POINTS = 60
OTHER_GENDER_POINTS = 30
DEFAULT_THRESHOLD = 60
CANDIDATES_PER_KEY = 50
"""How many records one key brings at most, the newest: a key that more share says too little."""


@dataclass(frozen=True)
class Rules:
    """What holds for the firm: a mode a key, the score from which a pair is worth a look, two limits."""

    modes: Mapping[Key, Mode]
    threshold: int = DEFAULT_THRESHOLD
    blind_per_day: int = 20
    undo_days: int = 30
    protect_days: int = 30

    def mode(self, key: Key) -> Mode:
        """Return what the firm makes of a key."""
        return self.modes.get(key, DEFAULT_MODES[key])

    def stops(self, key: Key) -> bool:
        """Return whether agreement on this key stops a second record."""
        return self.mode(key) is Mode.STOP

    @classmethod
    def parse(cls, raw: Mapping[str, object]) -> Rules:
        """Return the rules of a stored parameter.

        Raises:
            InvalidInput: by entry, an unknown mode, a mode a key cannot have, or a number out of range.
        """
        faults: dict[str, str] = {}
        modes: dict[Key, Mode] = {}
        for key in Key:
            found = Mode.find(str(raw.get(key.value, DEFAULT_MODES[key].value)))
            if found is None or (found is Mode.STOP and key not in STOPPABLE):
                faults[key.value] = "没有这个选项"
            else:
                modes[key] = found
        numbers = {}
        for name, least, most, usual in LIMITS:
            text = str(raw.get(name, usual))
            if not text.isascii() or not text.isdigit() or len(text) > 4 or not least <= int(text) <= most:
                faults[name] = f"填 {least} 到 {most} 的整数"
            else:
                numbers[name] = int(text)
        if faults:
            raise InvalidInput(fields=faults)
        return cls(modes, **numbers)

    def as_dict(self) -> dict[str, object]:
        """Return the parameter as it is stored."""
        numbers: dict[str, object] = {name: getattr(self, name) for name, *_ in LIMITS}
        return {key.value: self.mode(key).value for key in Key} | numbers


LIMITS = (
    ("threshold", 40, 100, DEFAULT_THRESHOLD), ("blind_per_day", 1, 500, 20), ("undo_days", 1, 90, 30),
    ("protect_days", 1, 180, 30),
)  # fmt: skip
"""(name, least, most, usual) of each number."""


@dataclass(frozen=True, slots=True)
class Party:
    """What is compared of one record; long numbers as blind indexes, since only equality counts.

    ``tokens`` are its blocking keys (``services/_party_keys.py``), ``relatives`` the phones of its related parties.
    """

    entity: str
    id: int
    name: str = ""
    is_company: bool = False
    phone: str | None = None
    phone_tail: str | None = None
    id_number: str | None = None
    address: str | None = None
    birth_date: date | None = None
    gender: str = ""
    city: str = ""
    employer: str = ""
    tokens: frozenset[str] = frozenset()
    relatives: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Reason:
    """One thing that speaks for a match or, with negative points, against it."""

    key: str
    label: str
    points: int

    def as_dict(self) -> dict[str, object]:
        """Return it as it is stored with a pair."""
        return {"key": self.key, "label": self.label, "points": self.points}


@dataclass(frozen=True, slots=True)
class Verdict:
    """What a comparison found: score 0 to 100, certainty of the strongest evidence, reasons."""

    score: int
    certainty: Certainty
    reasons: tuple[Reason, ...]
    keys: frozenset[Key]


@lru_cache(maxsize=8_192)
def folded(name: str) -> str:
    """Return the sound of a name with what dialects mix up made one: zh z, ch c, sh s, -ng -n, l- n-; 张晓明 = 章小明.

    >>> folded("张晓明") == folded("章小敏")
    True
    """
    parts = []
    for syllable in name_syllables(name):
        spoken = syllable.replace("zh", "z", 1).replace("ch", "c", 1).replace("sh", "s", 1)
        spoken = "n" + spoken[1:] if spoken[:1] == "l" else spoken
        parts.append(spoken.removesuffix("g") if spoken.endswith("ng") else spoken)
    return "".join(parts)


def name_likeness(mine: str, theirs: str) -> int:
    """Return how alike two names are, 0 to 100: 100 the same, 90 the same sound, 80 nearly, else by shared characters."""
    mine, theirs = normalize_name(mine), normalize_name(theirs)
    if not mine or not theirs:
        return 0
    if mine == theirs:
        return 100
    if name_syllables(mine) == name_syllables(theirs):
        return 90
    if folded(mine) == folded(theirs):
        return 80
    return round(SequenceMatcher(None, mine, theirs, autojunk=False).ratio() * 70)


_SALUTATION = re.compile(r"(.{1,2}?)(先生|女士|小姐|太太|老板|经理|老师|师傅|总|姐|哥|某)")


def could_be_called(mine: str, theirs: str) -> bool:
    """Return whether a party named ``mine`` in a list may be the known ``theirs``: no name, a salutation, or alike.

    >>> could_be_called("张先生", "张三"), could_be_called("王女士", "李梅")
    (True, False)
    """
    mine, theirs = normalize_name(mine), normalize_name(theirs)
    if not mine or not theirs or "未知" in (mine, theirs):
        return True
    titled = _SALUTATION.fullmatch(mine)
    if titled and theirs.startswith(titled[1]):
        return True
    return name_likeness(mine, theirs) >= OTHER_NAME_BELOW


def compare(mine: Party, theirs: Party, modes: Mapping[Key, Mode] | None = None) -> Verdict | None:
    """Return what speaks for the two being one party; None when nothing does, or when they cannot be.

    ``modes``: keys that are off do not count.
    """
    if mine.is_company != theirs.is_company and "customer" == mine.entity == theirs.entity:
        return None
    if mine.id_number and theirs.id_number and mine.id_number != theirs.id_number:
        return None
    asked = set(_agreed(mine, theirs))
    keys = {key for key in asked if modes is None or modes.get(key, DEFAULT_MODES[key]) is not Mode.OFF}
    if not keys:
        return None
    reasons = [Reason(key.value, key.label, POINTS[key]) for key in Key if key in keys]
    exact = bool(keys & {Key.ID_NUMBER, Key.COMPANY_CODE})
    rest = 100
    for reason in reasons:
        rest = rest * (100 - reason.points) // 100
    score = 100 - rest
    if not exact:
        for extra in _for_and_against(mine, theirs, keys):
            reasons.append(extra)
            score += extra.points
        score = max(0, min(99, score))
    order = [Certainty.EXACT, Certainty.STRONG, Certainty.FUZZY]
    certainty = min((CERTAINTIES[key] for key in keys), key=order.index)
    if certainty is Certainty.EXACT and not exact and any(reason.points < 0 for reason in reasons):
        certainty = Certainty.STRONG
    return Verdict(score, certainty, tuple(reasons), frozenset(keys))


def _agreed(mine: Party, theirs: Party) -> Iterable[Key]:
    if mine.id_number and mine.id_number == theirs.id_number:
        yield Key.COMPANY_CODE if mine.is_company or theirs.is_company else Key.ID_NUMBER
    if mine.phone and mine.phone == theirs.phone:
        yield Key.PHONE
    elif (mine.phone and mine.phone in theirs.relatives) or (theirs.phone and theirs.phone in mine.relatives):
        yield Key.RELATIVE_PHONE
    shared = {token[:3] for token in mine.tokens & theirs.tokens}
    likeness = name_likeness(mine.name, theirs.name)
    if TOKEN_WECHAT in shared:
        yield Key.WECHAT
    if likeness == 100 and mine.birth_date is not None and mine.birth_date == theirs.birth_date:
        yield Key.NAME_BIRTH
    if TOKEN_FIRM in shared and mine.is_company and theirs.is_company:
        yield Key.COMPANY_NAME
    if (
        likeness == 100
        and mine.phone != theirs.phone
        and mine.phone_tail
        and mine.phone_tail == theirs.phone_tail
    ):
        yield Key.NAME_PHONE_TAIL
    if likeness >= 80 and mine.address and mine.address == theirs.address:
        yield Key.NAME_ADDRESS
    firm = normalize_company_name(mine.employer)
    if likeness >= 45 and firm and firm == normalize_company_name(theirs.employer) and not mine.is_company:
        yield Key.NAME_EMPLOYER
    if likeness >= 80 and mine.city and mine.city == theirs.city:
        yield Key.NAME_CITY


def _for_and_against(mine: Party, theirs: Party, keys: set[Key]) -> Iterable[Reason]:
    likeness = name_likeness(mine.name, theirs.name)
    by_number = bool(keys & {Key.PHONE, Key.WECHAT, Key.RELATIVE_PHONE})
    if by_number and likeness == 100:
        yield Reason("same_name", "姓名也相同", SAME_NAME_POINTS)
    elif by_number and likeness >= 80:
        yield Reason("same_sound", "姓名同音", SAME_NAME_POINTS // 2)
    elif by_number and likeness < OTHER_NAME_BELOW and mine.name and theirs.name:
        yield Reason("other_name", "姓名不同，可能是家人共用", -OTHER_NAME_POINTS)
    if Key.NAME_EMPLOYER in keys and likeness < 80:
        yield Reason("part_of_name", "姓名只有一部分相同", -PART_OF_NAME_POINTS)
    if mine.birth_date and theirs.birth_date and mine.birth_date != theirs.birth_date:
        yield Reason("other_birth", "出生日期不同", -OTHER_BIRTH_POINTS)
    if mine.gender and theirs.gender and mine.gender != theirs.gender:
        yield Reason("other_gender", "性别不同", -OTHER_GENDER_POINTS)


TOKEN_WECHAT, TOKEN_BIRTH, TOKEN_FIRM, TOKEN_TAIL = "~w:", "~b:", "~c:", "~t:"
TOKEN_ADDRESS, TOKEN_EMPLOYER, TOKEN_CITY = "~a:", "~e:", "~r:"
"""How each blocking key begins; ~ begins no word anybody searches for."""


def blocking_keys(party: Party, *, wechat: str | None = None) -> frozenset[str]:
    """Return the keys under which likely doubles of a party stand together; ``wechat`` is a blind index.

    Only records that share a key (or a long number) are ever compared, so the cost does not grow with the book.
    """
    found = set()
    name, sound = normalize_name(party.name), folded(party.name)
    if wechat:
        found.add(f"{TOKEN_WECHAT}{wechat}")
    if party.is_company:
        found.add(f"{TOKEN_FIRM}{normalize_company_name(party.name)}")
        return frozenset(token[:80] for token in found)
    if len(name) < 2 or name == "未知":
        return frozenset(found)
    if party.birth_date is not None:
        found.add(f"{TOKEN_BIRTH}{party.birth_date:%Y%m%d}{name}")
    if party.phone_tail:
        found.add(f"{TOKEN_TAIL}{party.phone_tail}{name}")
    if party.address:
        found.add(f"{TOKEN_ADDRESS}{party.address}{sound}")
    if party.employer:
        found.add(f"{TOKEN_EMPLOYER}{sound[:1]}{normalize_company_name(party.employer)}")
    if party.city:
        found.add(f"{TOKEN_CITY}{party.city}{sound}")
    return frozenset(token[:80] for token in found)


class PairStatus(Choice):
    """What became of a possible double."""

    OPEN = "open", "待处理"
    DISMISSED = "dismissed", "不是重复"
    MERGED = "merged", "已合并"
    STALE = "stale", "已失效"
