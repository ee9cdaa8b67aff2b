"""Every component draws, with vars and with constants; the gallery holds them all; the styles exist."""

import re
from pathlib import Path

import pytest
import reflex as rx

from loanhub.components import (
    buttons,
    charts,
    chips,
    composer,
    dialogs,
    forms,
    icons,
    masked,
    money,
    rail,
    states,
    table,
)
from loanhub.components.browser import Draft, hotkey
from loanhub.components.toasts import STAYS_MS, UNDO_MS, done, failed, undoable

ASSETS = Path(__file__).parents[2] / "assets"
TEXT = rx.Var("someText", _var_type=str).to(str)
ROWS = rx.Var("someRows").to(list[dict[str, str]])


def drawn(component: rx.Component) -> str:
    """Return what a component renders to, with Chinese readable."""
    return re.sub(r"\\+u([0-9a-f]{4})", lambda found: chr(int(found[1], 16)), str(component.render()))


def toast_id(event: object) -> str:
    """Return the id under which a toast replaces an earlier one."""
    return re.findall(r"toast-[0-9a-f]{8}", str(event))[0]


class TestIcons:
    def test_refuses_a_name_the_sprite_lacks(self):
        with pytest.raises(ValueError, match="no icon"):
            icons.icon("no-such-icon")

    def test_takes_a_var_as_name(self):
        assert "someText" in drawn(icons.icon(TEXT))

    def test_is_silent_without_a_label(self):
        assert "aria-hidden" in drawn(icons.icon("phone"))
        assert "aria-hidden" not in drawn(icons.icon("phone", label="拨打"))


class TestRail:
    @pytest.mark.parametrize("stage", range(1, 8))
    def test_reads_its_stage_aloud(self, stage):
        text = drawn(rail.rail(stage))

        assert rail.STAGES[stage - 1] in text
        assert "共 7 节" in text

    def test_has_seven_segments(self):
        assert len(rail.rail(3).children) == 7


class TestButtons:
    def test_a_writing_button_rests_while_offline(self):
        assert "data-writes" in drawn(buttons.button("保存", writes=True))

    def test_a_pending_button_says_it_is_busy(self):
        assert "aria-busy" in drawn(buttons.button("保存", pending=TEXT == "x"))

    def test_classes_join_constants_and_vars(self):
        assert buttons.classes("btn", "", "p") == "btn p"
        assert "someText" in str(buttons.classes("btn", TEXT))


class TestForms:
    @pytest.mark.parametrize("kind", forms.Kind.__args__)
    def test_every_kind_has_label_and_description(self, kind):
        text = drawn(
            forms.field(forms.Field("amount", "金额", kind, options=(("a", "甲"),)), error="还差 4 位")
        )

        assert "f-amount" in text
        assert "aria-describedby" in text

    def test_inputs_carry_a_name_and_no_reflex_id(self):
        field = forms.field(forms.Field("amount", "金额", "money"))

        assert '"ref' not in drawn(field)

    def test_a_choice_of_radios_answers_each_change(self):
        chosen = forms.field(
            forms.Field("kind", "方式", "radio", options=(("a", "甲"), ("b", "乙"))),
            on_change=rx.console_log("chosen"),
        )

        assert drawn(chosen).count("chosen") == 2


class TestTable:
    def test_draws_heads_rows_cards_and_sums(self):
        columns = [
            table.Column("name", "客户", lambda r: r["name"]),
            table.Column("sum", "金额（元）", lambda r: r["sum"], align="r"),
        ]
        text = drawn(
            table.data_table(
                ROWS,
                columns,
                row_id=lambda r: r["id"].to(str),
                label="客户",
                card=lambda r: rx.el.div(r["name"]),
                sums=["合计", "1.00"],
                empty=states.empty("还没有客户"),
            )
        )

        assert "tfoot" in text
        assert "mlist" in text

    def test_refuses_sums_that_do_not_fit_the_columns(self):
        with pytest.raises(ValueError):
            table.data_table(ROWS, [], row_id=lambda r: r["id"], label="客户", sums=["合计"])


class TestDialogs:
    def test_a_money_dialog_shows_figures_and_uppercase(self):
        text = drawn(
            dialogs.money_dialog(
                "确认入账",
                amount=TEXT,
                uppercase=TEXT,
                facts=[("客户", TEXT)],
                verb=TEXT,
                on_confirm=rx.noop(),
            )
        )

        assert "moneybox" in text
        assert "alertdialog" in text


class TestMasked:
    def test_without_a_handler_there_is_no_eye(self):
        assert "button" not in drawn(masked.masked("138****1234", label="手机号"))


class TestToasts:
    def test_undo_stays_eight_seconds_and_errors_stay(self):
        assert str(UNDO_MS) in str(undoable("已移动", rx.noop()))
        assert str(STAYS_MS) in str(failed("没有移动"))

    def test_alike_messages_replace_each_other(self):
        assert toast_id(done("已保存")) == toast_id(done("已保存"))
        assert toast_id(done("已保存")) != toast_id(done("已删除"))


class TestHotkey:
    def test_a_sequence_waits_for_its_prefix(self):
        assert "lhPrefixKey('g')" in str(hotkey("g l", rx.noop()).add_hooks()[0])


class TestDraft:
    def test_keeps_the_box_under_its_name_for_each_turn_of_the_form(self):
        (effect,) = Draft.create("7-lead-3", rx.Var("someTurn", _var_type=str)).add_hooks()

        assert 'lhDraft("7-lead-3", someTurn)' in str(effect)
        assert '["7-lead-3", someTurn]' in str(effect)

    def test_stands_in_a_composer_that_has_a_name(self):
        assert "Keeping" in drawn(composer.composer(lambda _: [], draft="7-lead-3"))
        assert "Keeping" not in drawn(composer.composer(lambda _: []))


class TestCharts:
    def test_both_templates_load(self):
        light, dark = charts.templates()

        assert light.layout.colorway[0] == "#14594D"
        assert dark.layout.colorway[0] == "#24B59F"


class TestGallery:
    def test_draws_every_component(self):
        from loanhub.pages.gallery import gallery

        text = drawn(gallery())

        for name in (
            "rail",
            "seal",
            "tbl",
            "comp",
            "brail",
            "wf",
            "alb",
            "risk",
            "sla",
            "kpi",
            "next",
            "emp",
            "skw",
            "cmdk",
        ):
            assert f"{name}" in text


class TestStyles:
    def test_name_no_foreign_host(self):
        for sheet in ASSETS.glob("*.css"):
            assert "//" not in re.sub(r"/\*.*?\*/", "", sheet.read_text(encoding="utf-8"), flags=re.S)

    def test_define_every_token_they_read(self):
        tokens = set(re.findall(r"(--[\w-]+)\s*:", (ASSETS / "tokens.css").read_text(encoding="utf-8")))
        sheet = (ASSETS / "loanhub.css").read_text(encoding="utf-8")
        own = set(re.findall(r"(--[\w-]+)\s*:", sheet))
        read_without_fallback = set(re.findall(r"var\((--[\w-]+)\)", sheet))

        assert read_without_fallback <= tokens | own | {"--side-w", "--cur"}

    @pytest.mark.parametrize("theme", ["light", "dark"])
    @pytest.mark.parametrize(
        ("text", "ground"),
        [
            ("fg", "bg-sheet"),
            ("fg-2", "bg-sheet"),
            ("fg-3", "bg-app"),
            ("danger-fg", "danger-soft"),
            ("warn-fg", "warn-soft"),
            ("info-fg", "info-soft"),
            ("brand-fg", "brand-soft"),
            ("fg-on-brand", "brand"),
        ],
    )
    def test_text_stands_out_at_least_four_and_a_half_times(self, theme, text, ground):
        assert contrast(token(text, theme), token(ground, theme)) >= 4.5

    @pytest.mark.parametrize("theme", ["light", "dark"])
    @pytest.mark.parametrize(("scale", "dark_text_to"), [("heat", 5), ("seq", 4)])
    def test_figures_can_be_read_on_every_step_of_a_scale(self, theme, scale, dark_text_to):
        for step in range(1, 8):
            text = token(f"{scale}-fg-{'lo' if step <= dark_text_to else 'hi'}", theme)
            assert contrast(text, token(f"{scale}-{step}", theme)) >= 4.5, step

    @pytest.mark.parametrize("theme", ["light", "dark"])
    def test_the_edge_of_an_input_stands_out_three_times(self, theme):
        assert contrast(token("line-3", theme), token("bg-sheet", theme)) >= 3


def token(name: str, theme: str) -> str:
    sheet = (ASSETS / "tokens.css").read_text(encoding="utf-8")
    light, dark = sheet.split('.dark, [data-theme="dark"]')
    for source in [dark, light] if theme == "dark" else [light]:
        found = re.search(rf"--{name}:\s*([^;]+);", source)
        if found:
            value = found[1].strip()
            inner = re.fullmatch(r"var\(--([\w-]+)\)", value)
            return token(inner[1], theme) if inner else value
    raise KeyError(name)


def contrast(one: str, other: str) -> float:
    def luminance(color: str) -> float:
        parts = [int(color[i : i + 2], 16) / 255 for i in (1, 3, 5)]
        linear = [p / 12.92 if p <= 0.03928 else ((p + 0.055) / 1.055) ** 2.4 for p in parts]
        return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]

    high, low = sorted((luminance(one), luminance(other)), reverse=True)
    return (high + 0.05) / (low + 0.05)


class TestMoney:
    def test_shows_the_exact_value_on_hover(self):
        assert "title" in drawn(money.money("3,126.4", unit="万", full="¥31,264,000.00"))

    def test_none_has_no_sign_of_money(self):
        assert "¥" in drawn(money.money("3,126.4"))
        assert "¥" not in drawn(money.money("—"))
        assert "?" in drawn(money.money(TEXT)), "a var decides in the browser"


class TestChips:
    def test_a_grade_without_word_names_itself(self):
        assert "极高" in drawn(chips.risk(4))
