"""Names of people and firms: one spelling to store, pinyin to sort by, tokens to find by.

Contract for whoever stores tokens: keep every token of :func:`search_tokens` for a record. A record matches
a query when *each* token of :func:`query_tokens` is one of the stored, or, being Latin, begins one of them
(:func:`matches`). Tokens are lower-case ASCII (pinyin, words, numbers) or 1 to 3 Chinese characters; none is
longer than 80 characters.
Source: lending-domain.md §1.6; security.md §10 (full text, pinyin).
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from functools import lru_cache
from itertools import pairwise

from pypinyin import Style, lazy_pinyin

MIDDLE_DOT = "\u00b7"
MAX_TOKEN = 80

_DOTS = re.compile("[\u2022\u2027\u2219\u22c5\u30fb\uff0e\uff65\u0387\u1427\u16eb]")
_CJK = "\u3007\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\U00020000-\U000323af"
_BETWEEN_CJK = re.compile(rf"(?<=[{_CJK}{MIDDLE_DOT}])[\s\u200b\ufeff]+(?=[{_CJK}{MIDDLE_DOT}])")
_CJK_PERIOD = re.compile(rf"(?<=[{_CJK}])\.(?=[{_CJK}])")
_INVISIBLE = re.compile("[\u200b-\u200d\u2060\ufeff\ufe0e\ufe0f]")
_NAME = re.compile(rf"[{_CJK}A-Za-z\u00c0-\u024f{MIDDLE_DOT}'\-. ]+")
_HAS_LETTER = re.compile(rf"[{_CJK}A-Za-z\u00c0-\u024f]")
_PLAIN = re.compile("[\u4e00-\u9fff]+")
_NOT_CJK = re.compile(rf"[^{_CJK}]+")
_PARTS, _SIGNS = re.compile("[a-z]+|[0-9]+"), re.compile("[^a-z0-9]")
_RUNS = re.compile(rf"([{_CJK}]+)|([a-z0-9]+)")

SURNAMES: dict[str, str] = {
    "单": "shan", "仇": "qiu", "解": "xie", "曾": "zeng", "查": "zha", "区": "ou", "任": "ren", "华": "hua",
    "朴": "piao", "盖": "ge", "繁": "po", "秘": "bi", "冼": "xian", "洗": "xian", "缪": "miao", "翟": "zhai",
    "乐": "yue", "覃": "qin", "员": "yun", "召": "shao", "谌": "chen", "种": "chong", "黑": "he", "折": "she",
    "逄": "pang", "郗": "xi", "訾": "zi", "宓": "mi", "那": "na", "能": "nai", "撒": "sa", "石": "shi",
    "沈": "shen", "车": "che", "贾": "jia", "柏": "bai", "薄": "bo", "炅": "gui", "郇": "xun", "幺": "yao",
    "过": "guo", "行": "xing", "祭": "zhai", "乜": "nie", "都": "du", "句": "gou", "应": "ying", "宁": "ning",
    "葛": "ge", "阚": "kan", "隗": "wei", "洪": "hong", "尉": "wei", "臧": "zang", "卜": "bu", "尹": "yin",
    "重": "chong", "万": "wan", "长": "chang", "强": "qiang", "少": "shao", "教": "jiao", "干": "gan",
    "便": "pian", "适": "kuo", "牟": "mou", "眭": "sui", "曲": "qu", "纪": "ji", "褚": "chu", "钻": "zuan",
    "尉迟": "yu chi", "万俟": "mo qi", "单于": "chan yu", "长孙": "zhang sun", "澹台": "tan tai",
    "令狐": "ling hu", "鲜于": "xian yu", "皇甫": "huang fu", "宇文": "yu wen", "夏侯": "xia hou",
    "诸葛": "zhu ge", "欧阳": "ou yang", "司马": "si ma", "上官": "shang guan", "东方": "dong fang",
    "公孙": "gong sun", "慕容": "mu rong", "司徒": "si tu", "南宫": "nan gong", "赫连": "he lian",
}  # fmt: skip
"""Readings of surnames where they differ from the commonest reading of the character, and compound ones."""


@dataclass(frozen=True, slots=True)
class NameVerdict:
    """What a check of a name found; ``sentence`` is empty when valid."""

    valid: bool
    normalized: str
    sentence: str = ""


def normalize_name(text: str) -> str:
    """Return one spelling of a person's name.

    NFKC; every variant of the middle dot becomes U+00B7; blanks between Chinese characters go, elsewhere
    they become one; invisible characters go.
    """
    if _PLAIN.fullmatch(text):
        return text
    name = unicodedata.normalize("NFKC", _DOTS.sub(MIDDLE_DOT, text))
    name = _DOTS.sub(MIDDLE_DOT, _INVISIBLE.sub("", name))
    name = _CJK_PERIOD.sub(MIDDLE_DOT, name)
    name = _BETWEEN_CJK.sub("", name.strip())
    return re.sub(r"\s+", " ", name)


def normalize_company_name(text: str) -> str:
    """Return one spelling of a firm's name: NFKC, so brackets are ( ), and no blanks."""
    return re.sub(r"\s+", "", _INVISIBLE.sub("", unicodedata.normalize("NFKC", text)))


def check_name(text: str) -> NameVerdict:
    """Return the verdict on a person's name: 2–50 characters, Chinese (rare ones too), Latin, ·, - and '."""
    name = normalize_name(text)
    if not name:
        return NameVerdict(False, name, "填写姓名")
    if not _NAME.fullmatch(name) or not _HAS_LETTER.search(name):
        return NameVerdict(False, name, "姓名只能是汉字、字母和「·」")
    if len(name) < 2:
        return NameVerdict(False, name, "姓名至少 2 个字")
    if len(name) > 50:
        return NameVerdict(False, name, f"姓名最多 50 个字，多了 {len(name) - 50} 个")
    return NameVerdict(True, name)


def _surname_syllables(name: str) -> tuple[list[str], int]:
    """Return the syllables of the surname in :data:`SURNAMES` that ``name`` begins with, and its length.

    A compound surname needs a given name after it: 单于 alone is a Shan called Yu.
    """
    for length in (2, 1):
        if name[:length] in SURNAMES and len(name) > length:
            return SURNAMES[name[:length]].split(), length
    return [], 0


def _syllables(text: str) -> list[str]:
    """Return one item a Chinese character, and one a run of other letters, lower case (ü is v)."""
    spoken: list[str] = []
    for chinese, latin in _RUNS.findall(_without_accents(text).lower()):
        if latin:
            spoken.append(latin)
        elif len(chinese) <= 4:
            spoken += filter(None, map(_reading, chinese))
        else:
            spoken += lazy_pinyin(chinese, style=Style.NORMAL, errors="ignore")
    return [syllable.replace("ü", "v") for syllable in spoken]


@lru_cache(maxsize=20_000)
def _plain_reading(character: str) -> str:
    return _reading(character).replace("ü", "v")


@lru_cache(maxsize=20_000)
def _reading(character: str) -> str:
    """Return the commonest reading; people's names hold no words that would say more, firms' names do."""
    return "".join(lazy_pinyin(character, style=Style.NORMAL, errors="ignore"))


def _words(text: str) -> Iterable[str]:
    return re.findall(r"[a-z0-9]+", _without_accents(text).lower())


def _without_accents(text: str) -> str:
    if text.isascii():
        return text
    return "".join(c for c in unicodedata.normalize("NFKD", text) if not unicodedata.combining(c))


def name_syllables(name: str) -> tuple[str, ...]:
    """Return the pinyin of a person's name, a syllable each, the surname by its own reading 单 shan."""
    name = normalize_name(name)
    surname, length = _surname_syllables(name)
    if len(name) <= 4 and _PLAIN.fullmatch(name):
        return (*surname, *map(_plain_reading, name[length:]))
    return (*surname, *_syllables(name[length:]))


def full_pinyin(name: str) -> str:
    """Return the pinyin of a name in one word: wangxiaoming. The key to sort names by."""
    return "".join(name_syllables(name))


def initials(name: str) -> str:
    """Return the initials of a name: wxm."""
    return "".join(s[0] for s in name_syllables(name))


def _tails(parts: tuple[str, ...]) -> set[str]:
    """Return what stands from each part on to the end, joined: 3 parts make 3."""
    return {"".join(parts[start:]) for start in range(len(parts))}


def _without_beginnings(tokens: set[str]) -> set[str]:
    """Return the tokens without the Latin ones that another one begins with: who asks for those finds the longer."""
    latin = sorted(token for token in tokens if token.isascii())
    return tokens - {one for one, following in pairwise(latin) if following.startswith(one)}


def _grams(text: str, longest: int = 3) -> set[str]:
    return {text[i : i + n] for n in range(1, longest + 1) for i in range(len(text) - n + 1)}


def search_tokens(name: str) -> set[str]:
    """Return the tokens under which the name of a person or a firm is found.

    Every 1, 2 and 3 neighbouring Chinese characters; the pinyin from each syllable on to the end
    (wangxiaoming, xiaoming, ming) and the initials likewise; Latin words and numbers. Latin is asked for by
    how it begins, so what only begins another token of the name is left out. A surname with its own reading
    is found under the common one too, since many people type that.
    """
    if len(name) <= 4 and _PLAIN.fullmatch(name):
        return set(_plain_tokens(name))
    name = normalize_name(name)
    if not name:
        return set()
    tokens: set[str] = set()
    tokens |= _grams(_NOT_CJK.sub("", name))
    tokens.update(_words(name))
    common = tuple(_syllables(name))
    surname, length = _surname_syllables(name)
    readings = {common, (*surname, *_syllables(name[length:]))} if surname else {common}
    for syllables in readings:
        tokens |= _tails(syllables) | _tails(tuple(s[0] for s in syllables))
    return _without_beginnings({token[:MAX_TOKEN] for token in tokens if token})


@lru_cache(maxsize=8_192)
def _plain_tokens(name: str) -> frozenset[str]:
    """Return the tokens of one to four common Chinese characters, as most people's names are; see :func:`search_tokens`."""
    spoken = tuple(syllable for syllable in map(_plain_reading, name) if syllable)
    own = tuple(syllable for syllable in name_syllables(name) if syllable)
    tokens = _grams(name)
    for syllables in (spoken,) if own == spoken else (spoken, own):
        tokens |= _tails(syllables) | _tails(tuple(syllable[0] for syllable in syllables))
    return frozenset(_without_beginnings(tokens))


def query_tokens(text: str) -> tuple[str, ...]:
    """Return the tokens a typed query asks for, all of which a record must have; empty for nothing typed.

    A run of Chinese characters asks for itself, or for its overlapping threes when longer; a Latin word or a
    number for itself, lower case. Blanks and signs separate; a · does not, since names are kept without it.
    """
    dotless = _DOTS.sub("", unicodedata.normalize("NFKC", _DOTS.sub("", text))).replace(MIDDLE_DOT, "")
    tokens: dict[str, None] = {}
    for chinese, latin in _RUNS.findall(_without_accents(dotless).lower().replace("'", "")):
        if latin:
            tokens[latin[:MAX_TOKEN]] = None
        elif len(chinese) <= 3:
            tokens[chinese] = None
        else:
            tokens.update((chinese[i : i + 3], None) for i in range(len(chinese) - 2))
    return tuple(tokens)


def number_tokens(number: str) -> set[str]:
    """Return the tokens under which a record number is found: from each of its parts on to its end, with signs and without.

    >>> sorted(number_tokens("CJ-JK-20241018-0042"))
    ['0042', '20241018-0042', '202410180042', 'cj-jk-20241018-0042', 'cjjk202410180042', 'jk-20241018-0042', 'jk202410180042']
    """
    text = number.lower()
    if text.isascii() and text[:1].isalpha() and text[1:].isdigit():
        return {token[:MAX_TOKEN] for token in (text, text[1:]) if len(token) >= 3}
    tokens = {text[match.start() :] for match in _PARTS.finditer(text)}
    if not (text.isascii() and text.isalnum()):
        tokens |= {_SIGNS.sub("", tail) for tail in tokens}
    return {token[:MAX_TOKEN] for token in tokens if len(token) >= 3}


def found_span(name: str, text: str) -> tuple[int, int]:
    """Return which characters of a name a query found, as (start, end); (0, 0) when none can be pointed at.

    Chinese and Latin text is found as it stands, pinyin and initials by the characters they spell.
    """
    asked = "".join(text.split()).lower()
    at = name.lower().find(asked)
    if asked and at >= 0:
        return at, at + len(asked)
    syllables = name_syllables(name)
    if not asked.isascii() or len(syllables) != len(name):
        return 0, 0
    for parts in (syllables, tuple(s[0] for s in syllables)):
        for start in range(len(parts)):
            for end in range(start + 1, len(parts) + 1):
                if "".join(parts[start:end]).startswith(asked):
                    return start, end
    return 0, 0


def closeness(name: str, text: str) -> int:
    """Return how near a name is to a query, 0 the nearest: itself, its beginning, its pinyin, its initials, a part.

    9 when the query is found nowhere in the name (it may be a number or a firm).
    """
    asked, own = "".join(text.split()).lower(), normalize_name(name).lower()
    if not asked:
        return 9
    if own == asked:
        return 0
    if own.startswith(asked):
        return 1
    if not asked.isascii() or not asked.isalpha():
        return 4 if asked in own else 9
    syllables = name_syllables(name)
    spelled, heads = "".join(syllables), "".join(s[0] for s in syllables)
    ranks = ((spelled == asked, 2), (heads == asked, 3), (asked in own, 4), (spelled.startswith(asked), 5),
             (heads.startswith(asked), 6), (asked in spelled or asked in heads, 7))  # fmt: skip
    return next((rank for holds, rank in ranks if holds), 9)


def matches(stored: Collection[str], query: str) -> bool:
    """Return whether a record with ``stored`` tokens answers ``query``: the contract in one line of code."""
    asked = query_tokens(query)
    return bool(asked) and all(
        any(s.startswith(a) for s in stored) if a.isascii() else a in stored for a in asked
    )
