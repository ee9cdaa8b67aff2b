"""Document templates of the demo company: one in use beside the built-in ones, one that waits for review."""

from __future__ import annotations

from datetime import datetime

from loanhub.services import templates
from loanhub.services._actor import Actor


def build(writer: Actor, reviewer: Actor, *, now: datetime) -> None:
    """Publish a letter of the firm's own, and send a contract to review."""
    letter = templates.create(writer, base="disbursement_notice", name="放款通知书（带回访电话）", now=now)
    block, _ = templates.add_block(writer, version_id=letter, kind="notice", now=now)
    text = "放款后三日内，{我司名称}的回访专员会联系您核实到账和用途，请留意{我司咨询投诉电话}的来电。"
    templates.save_block(
        writer, version_id=letter, raw={"id": block, "kind": "notice", "text": text}, now=now
    )
    _review(writer, letter, "加一段放款回访提示", now)
    templates.publish(reviewer, version_id=letter, now=now)

    contract = templates.create(writer, base="loan_contract", name="个人经营贷借款合同", now=now)
    view = templates.look(writer, version_id=contract, now=now)
    after = next(one.id for one in view.blocks if "借款用途为" in one.text)
    clause, _ = templates.add_block(writer, version_id=contract, kind="clause", after=after, now=now)
    large = templates.leaf(
        writer, base="loan_contract", field="terms__principal_fen", operator="gte", texts=["500000"], now=now
    )
    text = "**借款金额达到五十万元的，甲方将借款支付给乙方的交易对手，乙方应当提供交易合同。**"
    templates.save_block(
        writer,
        version_id=contract,
        raw={"id": clause, "kind": "clause", "text": text, "when": large},
        now=now,
    )
    _review(writer, contract, "五十万元以上受托支付", now)


def _review(writer: Actor, version_id: int, note: str, now: datetime) -> None:
    templates.trial(writer, version_id=version_id, now=now)
    templates.submit(writer, version_id=version_id, note=note, now=now)
