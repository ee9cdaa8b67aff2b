"""Firms as customers: their number, landline, representative and owners on the graph."""

from __future__ import annotations

import pytest

from loanhub.domain.errors import InvalidInput
from loanhub.domain.permissions import RoleCode
from loanhub.services import customers
from loanhub.services.customers import graph, sections
from tests.builders import NOON, make_id_number, make_user
from tests.services.customers.making import make_customer, stored

CODE = "91310000MA1FL0000T"


def uscc() -> str:
    from loanhub.domain.identity import check_uscc

    body = CODE[:17]
    return next(body + c for c in "0123456789ABCDEFGHJKLMNPQRTUWXY" if check_uscc(body + c).valid)


def firm(rep: object, **more: object) -> int:
    return make_customer(rep, name="苏州汇川五金有限公司", kind="company", id_number=uscc(), **more)  # type: ignore[arg-type]


@pytest.mark.parametrize("wrong", ["91310000MA1FL00000", "310000199003070018", "91310000MA1FL000", "abc"])
def test_the_unified_code_is_checked_on_entry_and_on_edit(wrong: str) -> None:
    rep = make_user(RoleCode.SALES)
    made = firm(rep)
    with pytest.raises(InvalidInput) as refusal:
        customers.edit(rep, customer_id=made, raw={"id_number": wrong}, expected_version=None, now=NOON)
    assert list(refusal.value.fields) == ["id_number"]
    with pytest.raises(InvalidInput):
        make_customer(rep, name="无锡远达模具有限公司", kind="company", id_number=wrong)
    assert stored(made).id_number == uscc()


def test_a_person_made_a_firm_must_change_the_number() -> None:
    rep = make_user(RoleCode.SALES)
    made = make_customer(rep, id_number=make_id_number("19840518"))
    with pytest.raises(InvalidInput) as refusal:
        customers.edit(rep, customer_id=made, raw={"kind": "company"}, expected_version=None, now=NOON)
    assert "统一社会信用代码" in refusal.value.fields["id_number"]
    customers.edit(
        rep, customer_id=made, raw={"kind": "company", "name": "苏州汇川五金有限公司", "id_number": uscc()},
        expected_version=None, now=NOON,
    )  # fmt: skip
    assert (stored(made).kind, stored(made).id_type) == ("company", "uscc")


@pytest.mark.parametrize(
    ("given", "fine"),
    [
        ("0512-65281234", True), ("021-65281234", True), ("0512-65281234-801", True), ("400-820-8820", True),
        ("65281234", False), ("13800138000", False), ("0512-6528", False),
    ],
)  # fmt: skip
def test_a_landline_carries_its_area_code(given: str, fine: bool) -> None:
    rep = make_user(RoleCode.SALES)
    if fine:
        made = firm(rep, landline=given)
        groups = sections.profile(rep, customer_id=made, now=NOON)
        assert given in [f.text for group in groups for f in group.fields if f.label == "固定电话"]
    else:
        with pytest.raises(InvalidInput) as refusal:
            firm(rep, landline=given)
        assert "区号" in refusal.value.fields["landline"]


def test_representative_and_owners_stand_on_the_graph() -> None:
    rep = make_user(RoleCode.SALES)
    made = firm(rep, legal_representative="张建国")
    customers.relate(rep, customer_id=made, kind="beneficial_owner", name="李小娟", share="40", now=NOON)
    found = graph.graph(rep, customer_id=made)
    assert {(edge.label, next(n.name for n in found.nodes if n.id == edge.b)) for edge in found.edges} == {
        ("法定代表人（登记）", "张建国"), ("受益所有人 40%", "李小娟"),
    }  # fmt: skip
    assert len({node.y for node in found.nodes}) == 1, "two stand at its sides: below is what it owes"
    customers.relate(rep, customer_id=made, kind="legal_representative", name="张建国", now=NOON)
    labels = [edge.label for edge in graph.graph(rep, customer_id=made).edges]
    assert sorted(labels) == ["受益所有人 40%", "法定代表人"]
