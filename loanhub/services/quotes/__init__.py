"""Quotes 试算: terms in, schedule and cost out, for the API, the calculator and the command line alike."""

from loanhub.services.quotes._read import QuoteRequest, read_request, read_terms
from loanhub.services.quotes.quote import (
    Lines,
    Quote,
    TooExpensive,
    as_json,
    figure,
    lines_in_force,
    public_quote,
    quote,
)

__all__ = [
    "Lines",
    "Quote",
    "QuoteRequest",
    "TooExpensive",
    "as_json",
    "figure",
    "lines_in_force",
    "public_quote",
    "quote",
    "read_request",
    "read_terms",
]
