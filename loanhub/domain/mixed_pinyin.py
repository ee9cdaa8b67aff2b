"""Names typed half in pinyin, half in initials 混拼: tianwq and twqing for 田文清.

The index keeps whole spellings and whole initials. What mixes them asks for both at once: a record that is spelled
``tianw…`` somewhere and has the initials ``twq…`` somewhere; :func:`spelled_span` then says whether it is meant.
"""

from __future__ import annotations

from functools import lru_cache

from loanhub.domain.names import name_syllables

SYLLABLES = frozenset(
    """
a ai an ang ao ba bai ban bang bao bei ben beng bi bian biao bie bin bing bo bu ca cai can cang cao ce cen
ceng cha chai chan chang chao che chen cheng chi chong chou chu chua chuai chuan chuang chui chun chuo ci
cong cou cu cuan cui cun cuo da dai dan dang dao de den deng di dian diao die ding diu dong dou du duan dui
dun duo e ei en eng er fa fan fang fei fen feng fiao fo fou fu ga gai gan gang gao ge gei gen geng gong gou
gu gua guai guan guang gui gun guo ha hai han hang hao he hei hen heng hong hou hu hua huai huan huang hui
hun huo ji jia jian jiang jiao jie jin jing jiong jiu ju juan jue jun ka kai kan kang kao ke ken keng kong
kou ku kua kuai kuan kuang kui kun kuo la lai lan lang lao le lei leng li lia lian liang liao lie lin ling
liu lo long lou lu luan lun luo lv lve ma mai man mang mao me mei men meng mi mian miao mie min ming miu mo
mou mu na nai nan nang nao ne nei nen neng ni nian niang niao nie nin ning niu nong nou nu nuan nun nuo nv
nve o ou pa pai pan pang pao pei pen peng pi pian piao pie pin ping po pou pu qi qia qian qiang qiao qie qin
qing qiong qiu qu quan que qun ran rang rao re ren reng ri rong rou ru rua ruan rui run ruo sa sai san sang
sao se sen seng sha shai shan shang shao she shen sheng shi shou shu shua shuai shuan shuang shui shun shuo
si song sou su suan sui sun suo ta tai tan tang tao te teng ti tian tiao tie ting tong tou tu tuan tui tun
tuo wa wai wan wang wei wen weng wo wu xi xia xian xiang xiao xie xin xing xiong xiu xu xuan xue xun ya yan
yang yao ye yi yin ying yo yong you yu yuan yue yun za zai zan zang zao ze zei zen zeng zha zhai zhan zhang
zhao zhe zhen zheng zhi zhong zhou zhu zhua zhuai zhuan zhuang zhui zhun zhuo zi zong zou zu zuan zui zun
zuo
    """.split()  # noqa: SIM905 - a list of 407 strings reads worse
)
"""Every syllable a Chinese character is read as, without its tone; ü is v."""
_BEGINNINGS = frozenset(syllable[:length] for syllable in SYLLABLES for length in range(1, len(syllable)))
_INITIALS = frozenset(syllable[0] for syllable in SYLLABLES) | {"zh", "ch", "sh"}
WAYS = 6
"""So many ways of cutting a word are tried; the ones with the longer syllables first."""
MOST = 6
"""Characters of the longest name a word is cut for."""


@lru_cache(maxsize=1_024)
def readings(word: str) -> tuple[tuple[str, ...], ...]:
    """Return the ways a Latin word may be a mixture, each as the tokens a record must have; empty for none.

    The word as it stands is looked for first: tianwen is whole pinyin, and a mixture only if nobody is called so.

    >>> readings("tianwq")[0]
    ('tianw', 'twq')
    >>> readings("twq")
    ()
    """
    if not (3 <= len(word) <= 24 and word.isascii() and word.isalpha()):
        return ()
    mixtures = [
        cut
        for cut in _cuts(word, MOST)
        if any(len(piece) > 1 for piece in cut) and not all(_is_whole(piece) for piece in cut[:-1])
    ]
    return tuple(dict.fromkeys(_tokens(cut) for cut in mixtures[:WAYS]))


def _is_whole(piece: str) -> bool:
    """Tell a syllable from an initial; what a, e and o are is left open and taken as the initial."""
    return len(piece) > 1 and piece in SYLLABLES


def _cuts(word: str, most: int) -> list[tuple[str, ...]]:
    """Return the ways to cut a word into syllables and initials, longer first pieces first."""
    if not word:
        return [()]
    if most == 0:
        return []
    found: list[tuple[str, ...]] = []
    if word in _BEGINNINGS and word not in SYLLABLES and word not in _INITIALS:
        found.append((word,))
    for length in range(min(6, len(word)), 0, -1):
        piece = word[:length]
        if piece in SYLLABLES or piece in _INITIALS:
            found += [(piece, *rest) for rest in _cuts(word[length:], most - 1)]
    return sorted(found, key=len)[:60]


def _tokens(cut: tuple[str, ...]) -> tuple[str, ...]:
    """Return the runs of syllables, each with the initial that follows it, and the initials of all."""
    runs, run = [], ""
    for piece in cut:
        run += piece
        if not _is_whole(piece):
            runs.append(run)
            run = ""
    runs = [one for one in (*runs, run) if len(one) > 1]
    return (*runs, "".join(piece[0] for piece in cut))


def spelled_span(name: str, word: str) -> tuple[int, int]:
    """Return which characters of a name a mixture spells, as (start, end); (0, 0) when it spells none of it."""
    common = tuple(syllable for character in name for syllable in name_syllables(character))
    for syllables in dict.fromkeys((name_syllables(name), common)):
        for start in range(len(syllables) if len(syllables) == len(name) else 0):
            if taken := _taken(syllables[start:], word):
                return start, start + taken
    return 0, 0


def _taken(syllables: tuple[str, ...], word: str) -> int:
    """Return how many syllables a word spells from the first on, each whole or by its initial; 0 for none."""
    if not syllables:
        return 0
    first, rest = syllables[0], syllables[1:]
    if first.startswith(word):
        return 1
    heads = (first, *((first[:2],) if first[:2] in _INITIALS else ()), first[0])
    for head in heads:
        if word.startswith(head) and (more := _taken(rest, word[len(head) :])):
            return 1 + more
    return 0
