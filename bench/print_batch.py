"""How long 500 contracts take from the list to one PDF for the printer, alone and while others work.

Alternatives in the same run: each contract asked for on its own through the service (``contracts.create`` and
``open_pdf``, as a person clicks), and the merging by pypdf, which most Python programs use.

    python -m bench.print_batch --contracts 500
"""

from __future__ import annotations

import argparse
import io
import json
import os
import statistics
import tempfile
import threading
import time
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path

NOW = datetime(2026, 5, 20, 4, tzinfo=UTC)


def main() -> None:
    """Measure and print one line of JSON."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--contracts", type=int, default=500)
    parser.add_argument("--alone", type=int, default=50, help="contracts asked for one by one")
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        os.environ.update(
            LOANHUB_DATA_DIR=folder, LOANHUB_DATABASE_URL=os.environ.get("BENCH_DATABASE_URL", "")
        )
        print(json.dumps(_measure(Path(folder), asked.contracts, asked.alone), ensure_ascii=False))


def _measure(folder: Path, count: int, alone: int) -> dict[str, object]:
    from loanhub.repositories import schema
    from loanhub.services import _transaction, contracts
    from loanhub.services.printing import batches, work

    schema.upgrade(_transaction.engine())
    clerk, ids = _firm(2 * count + alone)
    single = time.perf_counter()
    for one in ids[:alone]:
        number = contracts.create(clerk, application_id=one, now=NOW)
        contracts.open_pdf(clerk, contract_id=number, now=NOW)
    single = time.perf_counter() - single

    def batch(part: list[int]) -> tuple[float, float, int]:
        number = batches.start(clerk, kind="new_contract", record_ids=part, now=NOW)
        begun, processor = time.perf_counter(), time.process_time()
        work.run(number, clock=lambda: datetime.now(UTC))
        taken = time.perf_counter() - begun
        assert batches.show(clerk, batch_id=number, now=NOW)[0].status == "done"
        return taken, time.process_time() - processor, number

    quiet, processor, number = batch(ids[alone : alone + count])
    begun = time.perf_counter()
    again = batches.start(clerk, kind="contract", record_ids=_contracts(count), now=NOW)
    work.run(again, clock=lambda: datetime.now(UTC))
    merged = time.perf_counter() - begun
    waits: list[float] = []
    stop = threading.Event()
    others = [threading.Thread(target=_reader, args=(clerk, stop, waits)) for _ in range(4)]
    for thread in others:
        thread.start()
    busy, _, _ = batch(ids[alone + count :])
    stop.set()
    for thread in others:
        thread.join()
    return {
        "contracts": count, "made and merged, s": round(quiet, 2), "processor, s": round(processor, 2),
        "stored ones merged, s": round(merged, 2), "while four read, s": round(busy, 2),
        "their list, median ms": round(1000 * statistics.median(waits), 1),
        "their list, worst ms": round(1000 * max(waits), 1),
        "one by one, s for as many": round(single / alone * count, 2),
        "pypdf merging, s for as many": round(_pypdf(clerk, number, min(50, count)) / min(50, count) * count, 2),
    }  # fmt: skip


def _reader(clerk: object, stop: threading.Event, waits: list[float]) -> None:
    from loanhub.services.contracts import center

    while not stop.is_set():
        begun = time.perf_counter()
        center.newest(clerk, limit=center.PAGE_ROWS, now=NOW)  # type: ignore[arg-type]
        waits.append(time.perf_counter() - begun)
        time.sleep(0.05)


def _pypdf(clerk: object, number: int, count: int) -> float:
    import zipfile

    from pypdf import PdfReader, PdfWriter

    from loanhub.services.printing import results

    _, packed = results.open_result(clerk, batch_id=number, archive=True, now=NOW)  # type: ignore[arg-type]
    with zipfile.ZipFile(io.BytesIO(packed)) as archive:
        bodies = [archive.read(name) for name in archive.namelist()[:count]]
    begun = time.perf_counter()
    writer = PdfWriter()
    for body in bodies:
        reader = PdfReader(io.BytesIO(body))
        writer.append(reader)
        if len(reader.pages) % 2:
            writer.add_blank_page(595, 842)
    writer.write(io.BytesIO())
    return time.perf_counter() - begun


def _contracts(count: int) -> list[int]:
    import sqlalchemy as sa
    from sqlmodel import col

    from loanhub.models import Contract
    from loanhub.services._transaction import reading

    with reading() as db:
        query = sa.select(col(Contract.id)).order_by(col(Contract.id).desc()).limit(count)
        return [int(one) for one in db.execute(query).scalars() if one]


def _firm(count: int) -> tuple[object, list[int]]:
    """Set a firm up with a clerk and approved applications of complete customers."""
    from loanhub.domain.applications import ApplicationStatus
    from loanhub.domain.permissions import RoleCode
    from loanhub.models import Application, Customer
    from loanhub.services import parameters
    from loanhub.services._transaction import transaction
    from tests.builders import make_company, make_id_number, make_phone, make_product, make_user

    make_company(NOW)
    clerk = make_user(RoleCode.CONTRACTS)
    with transaction() as db:
        parameters.put(db, "company", {
            "name": "示例普惠小额贷款有限公司", "credit_code": "91310199MA1K0000XJ", "legal_representative": "示例",
            "address": "上海市浦东新区示例路 1 号", "phone": "021-00000000"})  # fmt: skip
        parameters.put(db, "repayment_account", {"holder": "示例普惠小额贷款有限公司", "bank": "示例银行上海分行",
                                                 "number": "6222000000000017"})  # fmt: skip
    product_id = make_product(code="bench")
    ids = []
    with transaction() as db:
        for place in range(count):
            customer = Customer(
                number=f"B{place}", kind="person", name="张建国", phone=make_phone(), id_number=make_id_number(),
                address=f"上海市浦东新区示例路 {place} 号", bank_card="6222000000000017", bank_name="示例银行",
                owner_id=clerk.user_id, department_id=clerk.department_id, created_at=NOW, updated_at=NOW,
            )  # fmt: skip
            db.add(customer)
            db.flush()
            application = Application(
                number=f"BA{place}", customer_id=customer.id or 0, product_id=product_id, product_code="bench",
                status=ApplicationStatus.APPROVED, method="equal_installment", amount_fen=10_000_000 + place,
                term_months=12, purpose="进货周转", approved_amount_fen=10_000_000 + place, approved_term_months=12,
                approved_rate=Decimal("0.12"), owner_id=clerk.user_id, department_id=clerk.department_id,
                created_at=NOW, updated_at=NOW,
            )  # fmt: skip
            db.add(application)
            db.flush()
            ids.append(application.id or 0)
    return clerk, ids


if __name__ == "__main__":
    main()
