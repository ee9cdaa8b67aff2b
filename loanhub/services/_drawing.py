"""How a service has a document drawn: on its own, or as one of many whose template, fonts and fixed pages are made once."""

from __future__ import annotations

from loanhub.documents import render
from loanhub.documents.data import Company
from loanhub.documents.render import Batch
from loanhub.documents.template import DocumentTemplate


class Drawing:
    """Draws the documents of one batch; it lives as long as the work on that batch, and with it what it remembers."""

    def __init__(self) -> None:
        self._key: tuple[int, Company, str] | None = None
        self._batch: Batch | None = None
        self._template: DocumentTemplate | None = None

    def pdf(
        self, template: DocumentTemplate, data: object, *, company: Company, watermark: str, verify_url: str
    ) -> bytes:
        """Return the PDF; see :func:`loanhub.documents.render` for what is refused."""
        key = id(template), company, watermark
        if self._batch is None or self._key != key:
            self._batch = Batch(template, company=company, watermark=watermark)
            self._key, self._template = key, template  # kept, so that its identity stays its own
        return self._batch.draw(data, verify_url=verify_url)


def draw(
    drawing: Drawing | None,
    template: DocumentTemplate,
    data: object,
    *,
    company: Company,
    watermark: str,
    verify_url: str = "",
) -> bytes:
    """Return the PDF of a document: as one of a batch where there is one, else on its own."""
    if drawing is not None:
        return drawing.pdf(template, data, company=company, watermark=watermark, verify_url=verify_url)
    return render(template, data, company=company, watermark=watermark, verify_url=verify_url)
