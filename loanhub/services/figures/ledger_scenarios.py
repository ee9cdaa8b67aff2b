"""ledger_scenarios.json: the life of a loan, checked at many days (README §16). Each checkpoint is a case."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Any

from loanhub.domain.choice import Choice
from loanhub.domain.repayment.servicing import Posting, PostingKind, ServicingOptions, replay
from loanhub.services.figures._figures import Figures, Section
from loanhub.services.figures._given import Given, Unreadable
from loanhub.services.figures.schedules import terms_of


class EventKind(Choice):
    """What happens to a loan in a story."""

    PAYMENT = "payment", "还款"
    REVERSAL = "reversal", "冲正"
    WAIVE_PENALTY = "waive_penalty", "减免罚息"


_KINDS = {
    EventKind.PAYMENT: PostingKind.PAYMENT,
    EventKind.REVERSAL: PostingKind.REVERSAL,
    EventKind.WAIVE_PENALTY: PostingKind.WAIVER,
}


def _checkpoints(story: Any) -> list[Any]:
    """Return one case a checkpoint, each with the whole story it belongs to."""
    if not isinstance(story, dict):
        raise Unreadable("算例", "须是一个 JSON 对象")
    checkpoints = story.get("checkpoints")
    if not isinstance(checkpoints, list) or not checkpoints:
        raise Unreadable("checkpoints", "须是至少有一个检查点的列表")
    told = {key: value for key, value in story.items() if key not in ("checkpoints", "id", "note")}
    cases = []
    for place, checkpoint in enumerate(checkpoints):
        path = f"checkpoints[{place}]"
        if not isinstance(checkpoint, dict) or "expect" not in checkpoint:
            raise Unreadable(path, "须是带 expect 的 JSON 对象")
        asked = {key: value for key, value in checkpoint.items() if key != "expect"}
        label = f"{story.get('id', '')} seq≤{checkpoint.get('after_seq')} {checkpoint.get('as_of')}"
        cases.append(
            {"id": label, "input": {"story": told, "checkpoint": asked}, "expect": checkpoint["expect"]}
        )
    return cases


def _posting(given: Given, disbursed: date) -> Posting:
    sequence, kind = given.integer("seq", least=1), given.choice("kind", EventKind)
    if kind is EventKind.REVERSAL:
        # When a reversal was entered changes nothing: the payment is dropped from the replay whole.
        day, reverses = given.day("value_date", disbursed), given.integer("reverses", least=1)
        given.done()
        return Posting(sequence=sequence, kind=_KINDS[kind], value_date=day, reverses=reverses)
    posting = Posting(
        sequence=sequence,
        kind=_KINDS[kind],
        value_date=given.day("value_date"),
        amount_fen=given.integer("amount_fen", least=1),
        period=given.integer("period", None, least=1) if kind is EventKind.WAIVE_PENALTY else None,
    )
    given.done()
    return posting


def _answer(value: Any, _file: Mapping[str, Any]) -> Any:
    given = Given(value)
    story, checkpoint = Given(given.raw("story"), "story"), Given(given.raw("checkpoint"), "checkpoint")
    terms = terms_of(story.raw("loan"), "loan")
    options = ServicingOptions(
        penalty_multiplier=story.decimal("penalty_multiplier"),
        grace_days=story.integer("grace_days"),
        day_base=story.integer("day_base", 360),
        compound=story.flag("compound", False),
    )
    events = [_posting(event, terms.disburse_date) for event in story.objects("events")]
    story.done()
    as_of, known = checkpoint.day("as_of"), checkpoint.integer("after_seq")
    checkpoint.done()
    state = replay(
        terms, [event for event in events if event.sequence <= known], as_of=as_of, options=options
    )
    return {
        "raw_dpd": state.raw_dpd,
        "dpd": state.dpd,
        "bucket": state.bucket.value,
        "five_class": state.five_class.label,
        "due_penalty_fen": state.due_penalty_fen,
        "due_compound_fen": state.due_compound_fen,
        "due_interest_fen": state.due_interest_fen,
        "due_principal_fen": state.due_principal_fen,
        "due_fee_fen": state.due_fee_fen,
        "outstanding_principal_fen": state.outstanding_principal_fen,
        "overpaid_fen": state.suspense_fen,
        "received_fen": state.received_fen,
        "next_open_due_date": None
        if state.next_open_due_date is None
        else state.next_open_due_date.isoformat(),
        "allocations": [
            {
                "seq": part.sequence,
                "period": part.period,
                "component": part.component.value,
                "amount_fen": part.amount_fen,
            }
            for part in state.allocations
        ],
    }


FIGURES = Figures(
    code="ledger_scenarios",
    sections={
        "cases": Section(
            answer=_answer, optional=frozenset({"five_class", "due_compound_fen", "due_fee_fen"})
        )
    },
    split=_checkpoints,
)
