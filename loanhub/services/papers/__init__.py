"""Documents of a case beside its loan contract 出具文书: which fit it, what each still lacks, made once and kept like a contract."""

from loanhub.services.papers._data import data_of, facts_of, paper_kinds, signers_of, title_of
from loanhub.services.papers.issue import issue
from loanhub.services.papers.offers import Desk, Offered, desk

__all__ = ["Desk", "Offered", "data_of", "desk", "facts_of", "issue", "paper_kinds", "signers_of", "title_of"]
