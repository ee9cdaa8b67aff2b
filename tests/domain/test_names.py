"""Names: one spelling, pinyin with surnames read as surnames, tokens that answer what people type."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from loanhub.domain import names


class TestNormalizeName:
    @pytest.mark.parametrize("dot", "\u00b7\u2022\u30fb\uff0e\uff65\u2027\u22c5.")
    def test_every_middle_dot_is_the_same(self, dot):
        assert names.normalize_name(f"阿依古丽{dot}买买提") == "阿依古丽\u00b7买买提"

    @pytest.mark.parametrize(
        ("typed", "stored"),
        [
            (" 李 明 ", "李明"),
            ("王　小　明", "王小明"),
            ("John   Smith", "John Smith"),
            ("Ｊｏｈｎ", "John"),
            ("阿卜杜拉 · 买买提", "阿卜杜拉·买买提"),
            ("\u200b小雨\ufeff", "小雨"),
            ("𠮷 安", "𠮷安"),
        ],
    )
    def test_keeps_one_spelling(self, typed, stored):
        assert names.normalize_name(typed) == stored

    @given(text=st.text(max_size=40))
    def test_does_nothing_to_what_it_made(self, text):
        once = names.normalize_name(text)

        assert names.normalize_name(once) == once


class TestCheckName:
    @pytest.mark.parametrize(
        "name", ["王明", "欧阳娜娜", "𠮷安", "阿依古丽·买买提", "O'Neil-Smith", "张 Wei"]
    )
    def test_accepts_names(self, name):
        assert names.check_name(name).valid

    @pytest.mark.parametrize(
        ("typed", "sentence"),
        [
            ("", "填写姓名"),
            ("王", "姓名至少 2 个字"),
            ("=1+1", "姓名只能是汉字、字母和「·」"),
            ("张三1", "姓名只能是汉字、字母和「·」"),
            ("··", "姓名只能是汉字、字母和「·」"),
            ("王" * 53, "姓名最多 50 个字，多了 3 个"),
        ],
    )
    def test_says_what_is_wrong(self, typed, sentence):
        assert names.check_name(typed).sentence == sentence


def test_firms_have_one_spelling():
    assert names.normalize_company_name(" 示例（上海） 贸易有限公司") == "示例(上海)贸易有限公司"


@pytest.mark.parametrize(
    ("name", "pinyin", "initials"),
    [
        ("王小明", "wangxiaoming", "wxm"),
        ("单雄信", "shanxiongxin", "sxx"),
        ("仇英", "qiuying", "qy"),
        ("解晓东", "xiexiaodong", "xxd"),
        ("曾志伟", "zengzhiwei", "zzw"),
        ("查理", "zhali", "zl"),
        ("尉迟恭", "yuchigong", "ycg"),
        ("单于", "shanyu", "sy"),
        ("吕布", "lvbu", "lb"),
        ("小单", "xiaodan", "xd"),
        ("张 Wei", "zhangwei", "zw"),
    ],
)
def test_surnames_are_read_as_surnames(name, pinyin, initials):
    assert names.full_pinyin(name) == pinyin
    assert names.initials(name) == initials


class TestMatches:
    @pytest.mark.parametrize(
        "query",
        ["王", "王小", "王小明", "小明", "明", "wang", "wangxiao", "WangXiaoMing", "xiaoming", "wxm", "wx", "xm",
         "wang xiaoming", "王xm", "王 明"],
    )  # fmt: skip
    def test_finds_a_name_by_whole_tokens(self, query):
        assert names.matches(names.search_tokens("王小明"), query)

    @pytest.mark.parametrize("query", ["wangx", "wangxiaom", "xiaomi"])
    def test_finds_a_name_while_typing(self, query):
        assert names.matches(names.search_tokens("王小明"), query)

    @pytest.mark.parametrize("query", ["李", "明小", "wangming", "xmw", "", " ", "王大"])
    def test_does_not_find_others(self, query):
        assert not names.matches(names.search_tokens("王小明"), query)

    def test_finds_a_surname_by_both_readings(self):
        assert names.matches(names.search_tokens("单雄信"), "shanxiong")
        assert names.matches(names.search_tokens("单雄信"), "danxiong")

    def test_finds_a_firm_by_a_part_longer_than_three(self):
        tokens = names.search_tokens("示例云帆(上海)贸易有限公司")

        assert names.matches(tokens, "云帆上海贸易")
        assert not names.matches(tokens, "云帆北京贸易")
        assert names.matches(tokens, "slyf")

    def test_finds_names_with_a_middle_dot_whether_typed_or_not(self):
        tokens = names.search_tokens("阿依古丽•买买提")

        assert names.matches(tokens, "古丽买买")
        assert names.matches(tokens, "古丽·买")

    @given(name=st.text("王李张单解小明芳伟欧阳𠮷·", min_size=1, max_size=12), data=st.data())
    def test_every_part_of_a_name_finds_it(self, name, data):
        kept = "".join(c for c in names.normalize_name(name) if c != "·")
        if not kept:
            return
        start = data.draw(st.integers(0, len(kept) - 1))
        end = data.draw(st.integers(start + 1, len(kept)))

        assert names.matches(names.search_tokens(name), kept[start:end])
        pinyin = names.full_pinyin(name)
        assert not pinyin or names.matches(names.search_tokens(name), pinyin)


@given(text=st.text(max_size=60))
def test_tokens_are_short_and_lower_case(text):
    for token in names.search_tokens(text) | set(names.query_tokens(text)):
        assert 0 < len(token) <= names.MAX_TOKEN
        assert token == token.lower()


def test_tokens_of_a_name_are_few():
    assert len(names.search_tokens("王小明")) == 11
    assert len(names.search_tokens("示例云帆(上海)供应链管理有限公司")) < 80
