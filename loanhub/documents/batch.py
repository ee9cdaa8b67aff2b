"""Many documents of one template in one go: what they share is made once, a bad one does not stop the others."""

from collections.abc import Iterable, Iterator
from typing import NamedTuple

from loanhub.documents.data import Company
from loanhub.documents.render import Batch
from loanhub.documents.template import DocumentTemplate
from loanhub.domain.errors import InvalidInput


class Item(NamedTuple):
    """One document of a batch: its data, and the address its QR code leads to."""

    data: object
    verify_url: str = ""


class Outcome(NamedTuple):
    """What became of one item: its PDF, or why there is none (``pdf`` is empty then)."""

    pdf: bytes
    refusal: InvalidInput | None = None


def render_batch(
    template: str | DocumentTemplate, items: Iterable[Item], *, company: Company, watermark: str = ""
) -> Iterator[Outcome]:
    """Yield the outcome of each item, in order; items are drawn as they are asked for, so a caller may stop and go on.

    Missing data, text that cannot be printed and figures that do not add up refuse that item alone.

    Raises:
        UnknownTemplate: no such template.
    """
    batch = Batch(template, company=company, watermark=watermark)
    for item in items:
        try:
            pdf = batch.draw(item.data, verify_url=item.verify_url)
        except InvalidInput as refusal:
            yield Outcome(b"", refusal)
        else:
            yield Outcome(pdf)
