"""What a form of stages may hold 阶段表单: its faults, what may be added and removed, what it changes."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace

from loanhub.domain.documents import DocumentKind
from loanhub.domain.pipelines import StageCode
from loanhub.models import Pipeline, Stage
from loanhub.services.setup import DEFAULT_PIPELINE

MAX_DWELL_HOURS = 24 * 365
MAX_WIP = 9_999
MAX_STAGES = 15
NEW_CODE = re.compile(r"new\d{1,3}", re.ASCII)
"""How the form names a stage that is not stored yet."""


@dataclass(frozen=True)
class StageForm:
    """A stage as the form holds it; ``required`` are catalogue keys of a lead, limits of 0 mean none.

    ``next_codes`` are where a card may go from here, none meaning anywhere; ``wip_hard`` refuses beyond the limit.
    ``documents`` are kinds due by the end of the stage; ``documents_hard`` lets nobody past without them.
    """

    code: str
    label: str
    dwell_target_hours: int
    wip_limit: int
    probability_percent: int
    required: tuple[str, ...]
    next_codes: tuple[str, ...] = ()
    wip_hard: bool = False
    documents: tuple[str, ...] = ()
    documents_hard: bool = False


def why_kept(pipeline: Pipeline, stored: Sequence[Stage], stage: Stage, cards: int) -> str:
    """Return why a stage cannot be removed, or an empty text."""
    if pipeline.entity != "lead":
        return "阶段就是记录的状态，不能增加或删除"
    if stage.code == stored[0].code:
        return f"「{stage.label}」是第一个阶段，新线索从这里进入"
    if stage.hard_gate:
        return f"「{stage.label}」有硬条件，不能删除"
    if pipeline.code == DEFAULT_PIPELINE and StageCode.find(stage.code) is not None:
        return f"「{stage.label}」是出厂阶段，可以改名，不能删除"
    return f"「{stage.label}」还有 {cards} 张卡片，先移走再删除" if cards else ""


def _set_fault(
    pipeline: Pipeline, stages: Sequence[StageForm], stored: Sequence[Stage], cards: dict[str, int]
) -> str:
    """Return what is wrong with the stages added and removed, or an empty text."""
    codes, present = [form.code for form in stages], {stage.code for stage in stored}
    added = [code for code in codes if code not in present]
    if len(set(codes)) < len(codes) or any(NEW_CODE.fullmatch(code) is None for code in added):
        return "阶段和库里的对不上，请刷新后再改"
    if added and pipeline.entity != "lead":
        return "阶段就是记录的状态，不能增加或删除"
    if len(codes) > MAX_STAGES:
        return f"一个看板最多 {MAX_STAGES} 个阶段"
    reasons = (
        why_kept(pipeline, stored, stage, cards.get(stage.code, 0))
        for stage in stored
        if stage.code not in codes
    )
    return next((reason for reason in reasons if reason), "")


def faults_of(
    pipeline: Pipeline,
    stages: Sequence[StageForm],
    stored: Sequence[Stage],
    labels: dict[str, str],
    cards: dict[str, int],
) -> dict[str, str]:
    problem = _set_fault(pipeline, stages, stored, cards)
    if problem:
        return {"stages": problem}
    codes = [form.code for form in stages]
    faults = {}
    if codes[0] != stored[0].code:
        faults["stages"] = f"「{stored[0].label}」必须在最前面，新线索从这里进入"
    gated = [stage.code for stage in stored if stage.hard_gate]
    if [code for code in codes if code in gated] != gated or (
        gated and codes.index(gated[-1]) != len(codes) - 1
    ):
        names = "、".join(stage.label for stage in stored if stage.hard_gate)
        faults["stages"] = f"{names}有先后条件，要保持这个顺序，最后一个不能移动"
    seen: set[str] = set()
    for form in stages:
        name = form.label.strip()
        if not 1 <= len(name) <= 12:
            faults[f"{form.code}.label"] = "名称为 1–12 个字"
        elif name in seen:
            faults[f"{form.code}.label"] = "名称不能重复"
        seen.add(name)
        if not 0 <= form.dwell_target_hours <= MAX_DWELL_HOURS:
            faults[f"{form.code}.dwell_target_hours"] = f"停留目标为 0 到 {MAX_DWELL_HOURS} 小时，0 为不限"
        if not 0 <= form.wip_limit <= MAX_WIP:
            faults[f"{form.code}.wip_limit"] = f"在制上限为 0 到 {MAX_WIP}，0 为不限"
        elif form.wip_hard and not form.wip_limit:
            faults[f"{form.code}.wip_limit"] = "超过就拦，要先填上限"
        if form.code in form.next_codes or any(code not in codes for code in form.next_codes):
            faults[f"{form.code}.next_codes"] = "可移至里有不存在的阶段"
        if not 0 <= form.probability_percent <= 100:
            faults[f"{form.code}.probability_percent"] = "成交概率为 0 到 100"
        if len(set(form.required)) < len(form.required) or any(key not in labels for key in form.required):
            faults[f"{form.code}.required"] = "移入条件里有不存在的字段"
        if any(DocumentKind.find(kind) is None for kind in form.documents):
            faults[f"{form.code}.documents"] = "应交资料里有不存在的类型"
        elif form.documents and pipeline.entity != "lead":
            faults[f"{form.code}.documents"] = "只有线索看板可以按阶段要资料"
        elif form.documents_hard and not form.documents:
            faults[f"{form.code}.documents"] = "资料没齐就拦，要先勾选应交资料"
    return faults


def in_stored_order(form: StageForm, stored: Sequence[str]) -> StageForm:
    # A form sends the keys in the order of its boxes; only what was added or taken away is a change.
    kept = [key for key in stored if key in form.required]
    documents = tuple(kind.value for kind in DocumentKind if kind.value in form.documents)
    required = (*kept, *(key for key in form.required if key not in stored))
    return replace(form, required=required, documents=documents)


def changes_of(
    old_label: str, label: str, stored: dict[str, Stage], stages: Sequence[StageForm], labels: dict[str, str]
) -> tuple[dict[str, object], dict[str, object]]:
    before: dict[str, object] = {}
    after: dict[str, object] = {}

    def note(name: str, old: object, new: object) -> None:
        if old != new:
            before[name], after[name] = old, new

    def named(keys: Sequence[str]) -> str:
        return "、".join(labels.get(key, key) for key in keys) or "—"

    note("看板名称", old_label, label)
    kept = {form.code for form in stages}
    for code, row in stored.items():
        if code not in kept:
            note(f"{row.label} · 阶段", "有", "已删除")
    order = sorted(stored.values(), key=lambda stage: (stage.sort, stage.id or 0))
    old_order = [stage.code for stage in order]
    new_order = [form.code for form in stages]
    if old_order != new_order:
        note("顺序", " → ".join(s.label for s in order), " → ".join(form.label.strip() for form in stages))
    names = {form.code: form.label.strip() for form in stages}

    def goals(codes: Sequence[str]) -> str:
        return "、".join(names.get(code, code) for code in codes) or "任意阶段"

    for form in stages:
        if form.code not in stored:
            note(f"{form.label.strip()} · 阶段", "—", "已添加")
            continue
        row = stored[form.code]
        note(f"{row.label} · 可移至", goals(row.next_codes), goals(form.next_codes))
        note(
            f"{row.label} · 超过上限", "拦住" if row.wip_hard else "提醒", "拦住" if form.wip_hard else "提醒"
        )
        note(f"{row.label} · 名称", row.label, form.label.strip())
        note(f"{row.label} · 停留目标", _hours(row.dwell_target_hours), _hours(form.dwell_target_hours))
        note(f"{row.label} · 在制上限", row.wip_limit or "不限", form.wip_limit or "不限")
        note(f"{row.label} · 成交概率", f"{row.probability_percent}%", f"{form.probability_percent}%")
        note(f"{row.label} · 移入条件", named(row.required), named(form.required))
        note(f"{row.label} · 应交资料", _papers(row.documents), _papers(form.documents))
        note(
            f"{row.label} · 资料没齐", "拦住" if row.documents_hard else "提醒",
            "拦住" if form.documents_hard else "提醒",
        )  # fmt: skip
    return before, after


def _papers(kinds: Sequence[str]) -> str:
    return "、".join(kind.label for kind in DocumentKind if kind.value in kinds) or "—"


def _hours(hours: int) -> str:
    return "不限" if not hours else f"{hours // 24} 天" if hours % 24 == 0 else f"{hours} 小时"
