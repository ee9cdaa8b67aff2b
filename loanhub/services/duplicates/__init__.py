"""Double records 查重: one search for every door, the queue of likely pairs, merging and its undo."""

from loanhub.services.duplicates.find import Match, find, find_many, numbers_known, same_customer, same_lead
from loanhub.services.duplicates.rules import rules_of

__all__ = ["Match", "find", "find_many", "numbers_known", "rules_of", "same_customer", "same_lead"]
