"""Papers of a loan as files: settlement offers, receipts, the certificate of settlement."""

from __future__ import annotations

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import Response

from loanhub.api._routing import pdf_response, route
from loanhub.domain.permissions import Permission
from loanhub.services import loans
from loanhub.state._clock import utc_now
from loanhub.state._marks import needs


def _attached(request: Request) -> bool:
    return request.query_params.get("download") == "1"


@route("/api/loans/offers/{offer_id:int}/pdf")
@needs(Permission.LOANS_READ)
async def offer(request: Request) -> Response:
    """Send the stored bytes of a settlement offer; with ``?download=1`` as an attachment."""
    name, content = await run_in_threadpool(
        lambda: loans.offer_pdf(request.state.actor, offer_id=request.path_params["offer_id"], now=utc_now())
    )
    return pdf_response(name, content, attached=_attached(request))


@route("/api/loans/payments/{payment_id:int}/receipt.pdf")
@needs(Permission.LOANS_READ)
async def receipt(request: Request) -> Response:
    """Send the receipt of a payment; a reversed one is marked 作废."""
    payment_id = request.path_params["payment_id"]
    name, content = await run_in_threadpool(
        lambda: loans.receipt_pdf(request.state.actor, payment_id=payment_id, now=utc_now())
    )
    return pdf_response(name, content, attached=_attached(request))


@route("/api/loans/{loan_id:int}/settlement_certificate.pdf")
@needs(Permission.LOANS_READ)
async def certificate(request: Request) -> Response:
    """Send the certificate 结清证明 of a settled loan."""
    loan_id = request.path_params["loan_id"]
    name, content = await run_in_threadpool(
        lambda: loans.certificate_pdf(request.state.actor, loan_id=loan_id, now=utc_now())
    )
    return pdf_response(name, content, attached=_attached(request))
