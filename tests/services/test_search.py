"""What people type, and whom they mean: every case says who comes first."""

from __future__ import annotations

from datetime import timedelta

import pytest
import sqlalchemy as sa
from sqlalchemy.engine import Engine

from loanhub.domain.permissions import RoleCode
from loanhub.models import Customer, Event
from loanhub.services import customers, lists, search
from loanhub.services._actor import Actor
from loanhub.services._transaction import reading, transaction
from tests.builders import NOON, make_company, make_id_number, make_phone, make_user
from tests.copies import made_once

PEOPLE = (
    ("张建国", "15400001234", "", ""),
    ("张建", "15400002233", "", ""),
    ("钱国华", "15400008830", "", ""),
    ("单雄信", "15400009007", "", ""),
    ("单于", "15400005566", "", ""),
    ("仇英", "15400003344", "", ""),
    ("曾国藩", "15400007788", "", ""),
    ("解缙", "15400004411", "", ""),
    ("欧阳娜娜", "15400006677", "", ""),
    ("司马光", "15400001010", "", ""),
    ("查良镛", "15400002020", "", ""),
    ("乐毅", "15400003030", "", ""),
    ("李伟", "15400004040", "", ""),
    ("李卫", "15400005050", "", ""),
    ("李维", "15400006060", "", ""),
    ("王小明", "15400007070", "", ""),
    ("王明", "15400008080", "", ""),
    ("吕布", "15400009090", "", ""),
    ("阿依古丽·买买提", "15400001122", "", ""),
    ("𠮷野家康", "15400003355", "", ""),
    ("Anna Schmidt", "15400004466", "", ""),
    ("周大福", "15400005577", "19840518", "示例苏州恒远物流有限公司"),
)

CASES = (
    # one and two characters
    ("张", {"张建国", "张建"}), ("张建", "张建"), ("建国", "张建国"), ("国", {"张建国", "钱国华", "曾国藩"}),
    ("国华", "钱国华"), ("李", {"李伟", "李卫", "李维"}), ("李伟", "李伟"), ("王", {"王小明", "王明"}),
    ("王明", "王明"), ("小明", "王小明"), ("娜", "欧阳娜娜"), ("娜娜", "欧阳娜娜"), ("布", "吕布"), ("仇", "仇英"),
    # whole names
    ("张建国", "张建国"), ("欧阳娜娜", "欧阳娜娜"), ("查良镛", "查良镛"), ("单于", "单于"), ("张 建国", "张建国"),
    ("阿依古丽买买提", "阿依古丽·买买提"), ("阿依古丽·买买提", "阿依古丽·买买提"), ("买买提", "阿依古丽·买买提"),
    ("𠮷野", "𠮷野家康"), ("𠮷", "𠮷野家康"),
    # full pinyin, also half typed
    ("zhangjianguo", "张建国"), ("zhangjian", "张建"), ("zhangjiang", "张建国"), ("jianguo", "张建国"), ("guohua", "钱国华"),
    ("wangxiaoming", "王小明"), ("wangming", "王明"), ("xiaoming", "王小明"), ("liwei", {"李伟", "李卫", "李维"}),
    ("lvbu", "吕布"), ("ouyang", "欧阳娜娜"), ("ouyangnana", "欧阳娜娜"), ("sima", "司马光"), ("ZhangJianGuo", "张建国"),
    ("zhang jian guo", "张建国"), ("ayiguli", "阿依古丽·买买提"),
    # surnames with readings of their own, and the common reading people type
    ("shanxiongxin", "单雄信"), ("danxiongxin", "单雄信"), ("qiuying", "仇英"), ("chouying", "仇英"),
    ("zengguofan", "曾国藩"), ("cengguofan", "曾国藩"), ("xiejin", "解缙"), ("jiejin", "解缙"),
    ("zhaliangyong", "查良镛"), ("chaliangyong", "查良镛"), ("yueyi", "乐毅"), ("leyi", "乐毅"),
    # initials
    ("zjg", "张建国"), ("zj", "张建"), ("qgh", "钱国华"), ("sxx", "单雄信"), ("dxx", "单雄信"), ("wxm", "王小明"),
    ("oynn", "欧阳娜娜"), ("zly", "查良镛"), ("cly", "查良镛"), ("zgf", "曾国藩"),
    # pinyin and initials mixed, the surname by either reading, half typed
    ("zhangjg", "张建国"), ("zjguo", "张建国"), ("zhangjguo", "张建国"), ("zhjg", "张建国"), ("ZhangJG", "张建国"),
    ("qianguoh", "钱国华"), ("qiangh", "钱国华"), ("qghua", "钱国华"), ("wangxm", "王小明"), ("wxming", "王小明"),
    ("ouyangnn", "欧阳娜娜"), ("ouynn", "欧阳娜娜"), ("oyangnana", "欧阳娜娜"), ("shanxx", "单雄信"), ("danxx", "单雄信"),
    ("zhaly", "查良镛"), ("chalyong", "查良镛"), ("zengguof", "曾国藩"), ("zenggf", "曾国藩"), ("cenggf", "曾国藩"),
    ("zhoudf", "周大福"), ("simag", "司马光"), ("smguang", "司马光"), ("jguo", "张建国"), ("hengyuanwl", "周大福"),
    # Latin names
    ("anna", "Anna Schmidt"), ("schmidt", "Anna Schmidt"), ("Anna Schmidt", "Anna Schmidt"), ("SCHM", "Anna Schmidt"),
    # phones: the tail, the whole, as people paste it
    ("1234", "张建国"), ("9007", "单雄信"), ("15400008830", "钱国华"), ("154 0000 8830", "钱国华"),
    ("+8615400008830", "钱国华"), ("154-0000-7788", "曾国藩"),
    # firms
    ("恒远物流", "周大福"), ("恒远", "周大福"), ("hengyuan", "周大福"), ("hywl", "周大福"),
)  # fmt: skip

NOBODY = (
    "赵子龙",
    "zhaozilong",
    "zzl",
    "0000",
    "15499999999",
    "、。",
    "%",
    "_",
    "张建国李伟",
    "zhaozl",
    "zhangxf",
    "wangjg",
    "qqqing",
)


@pytest.fixture
def rep(database: Engine) -> Actor:
    """A representative who owns all of these people."""
    return made_once("rep of search", _rep)


def _rep() -> Actor:
    make_company()
    actor = make_user(RoleCode.SALES)
    for name, phone, born, company in PEOPLE:
        raw = {"name": name, "phone": phone, "company_name": company}
        if born:
            raw["id_number"] = make_id_number(born, 731)  # a tail that is no one's phone
        customers.create(actor, raw, now=NOON)
    return actor


def _names(actor: Actor, text: str) -> list[str]:
    return [hit.title for hit in search.find(actor, text) if hit.group == "客户"]


def test_every_case_finds_whom_it_means_first(rep: Actor) -> None:
    assert len(CASES) >= 60
    wrong = {}
    for text, meant in CASES:
        found = _names(rep, text)
        good = set(found[: len(meant)]) == meant if isinstance(meant, set) else found[:1] == [meant]
        if not good:
            wrong[text] = (meant, found)
    assert wrong == {}


def test_what_means_nobody_finds_nobody(rep: Actor) -> None:
    assert {text: _names(rep, text) for text in NOBODY} == {text: [] for text in NOBODY}


def test_a_mixture_stands_in_lists_too_and_points_at_what_it_spells(rep: Actor) -> None:
    found = lists.page(rep, "customer", keys=["name"], text="zhangjg", now=NOON)
    assert [row.cells["name"] for row in found.rows] == ["张建国"]
    (hit,) = (one for one in search.find(rep, "jguo") if one.group == "客户")
    assert (hit.title, hit.start, hit.end) == ("张建国", 1, 3)


def test_a_mixture_finds_colleagues_for_who_may_look_for_them(rep: Actor) -> None:
    lead = make_user(RoleCode.TEAM_LEAD)
    make_user(RoleCode.SALES, name="林若溪")

    def colleagues(actor: Actor, text: str) -> list[str]:
        return [hit.title for hit in search.find(actor, text) if hit.group == "同事"]

    assert colleagues(lead, "linrx") == colleagues(lead, "lruox") == ["林若溪"]
    assert colleagues(lead, "linrz") == colleagues(rep, "linrx") == []


def test_the_found_letters_are_pointed_at(rep: Actor) -> None:
    spans = {
        text: next((h.title[h.start : h.end] for h in search.find(rep, text)), "")
        for text in ("国华", "guohua", "gh", "zjg")
    }
    assert spans == {"国华": "国华", "guohua": "国华", "gh": "国华", "zjg": "张建国"}


def test_other_peoples_customers_stay_unseen(rep: Actor) -> None:
    other = make_user(RoleCode.SALES, team="华东二组")
    assert [hit for text, _ in CASES for hit in search.find(other, text)] == []


def test_identity_tails_only_for_who_may_see_them(rep: Actor) -> None:
    with reading() as db:
        number = db.execute(sa.select(Customer).where(Customer.name == "周大福")).scalar_one().id_number or ""  # type: ignore[arg-type]
    collector, manager = make_user(RoleCode.COLLECTIONS), make_user(RoleCode.MANAGER)
    assert _names(collector, number[-4:]) == ["周大福"]
    assert _names(collector, number) == ["周大福"]
    assert _names(manager, number[-4:]) == _names(manager, number) == []
    assert number not in str(search.find(collector, number))


def test_a_whole_number_is_a_read_that_is_logged(rep: Actor) -> None:
    search.find(rep, "15400008830", now=NOON)
    search.find(rep, "钱国华", now=NOON)
    with reading() as db:
        logged = list(db.execute(sa.select(Event).where(Event.type == "search.exact")).scalars())  # type: ignore[arg-type]
    assert [event.summary for event in logged] == ["按手机号 154****8830 搜索，1 条"]


def test_a_common_surname_is_answered_without_walking_to_its_end(
    rep: Actor, monkeypatch: pytest.MonkeyPatch
) -> None:
    from loanhub.services.search import candidates

    monkeypatch.setattr(candidates, "COMMON", 2)
    everyone = make_user(RoleCode.COLLECTIONS)
    for actor in (rep, everyone):
        assert set(_names(actor, "李")) == {"李伟", "李卫", "李维"}
        assert _names(actor, "李伟")[:1] == ["李伟"]
        assert _names(actor, "wangming")[:1] == ["王明"]


def test_a_readers_own_records_are_held_against_a_token_of_many(
    rep: Actor, monkeypatch: pytest.MonkeyPatch
) -> None:
    from loanhub.services.search import candidates

    monkeypatch.setattr(candidates, "COMMON", 0)
    monkeypatch.setattr(candidates, "MANY", 0)
    stranger = make_user(RoleCode.SALES)
    for text in ("李", "li", "wangm"):
        assert _names(stranger, text) == []
    assert set(_names(rep, "李")) == {"李伟", "李卫", "李维"}
    assert set(_names(rep, "li")) >= {"李伟", "李卫", "李维"}
    assert _names(rep, "wangming")[:1] == ["王明"]


def test_what_was_opened_lately_comes_back_newest_first_and_in_scope(rep: Actor) -> None:
    ids = {hit.title: hit.entity_id for text in ("张建国", "李伟", "王明") for hit in search.find(rep, text)}
    for minute, name in enumerate(("张建国", "李伟", "王明", "张建国")):
        search.keep_recent(rep, "customer", ids[name], now=NOON + timedelta(minutes=minute))
    assert [hit.title for hit in search.recent(rep)] == ["张建国", "王明", "李伟"]
    with transaction() as db:
        taken = db.get(Customer, ids["李伟"])
        assert taken is not None
        taken.owner_id = make_user(RoleCode.SALES, team="华东二组").user_id
        taken.department_id = None
    assert [hit.title for hit in search.recent(rep)] == ["张建国", "王明"]


def test_a_phone_of_two_finds_both(rep: Actor) -> None:
    phone = make_phone()
    for name in ("赵甲", "赵乙"):
        customers.create(rep, {"name": name, "phone": phone}, now=NOON)
    assert set(_names(rep, phone)) == {"赵甲", "赵乙"}
