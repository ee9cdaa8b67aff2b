"""Finding anything by a few letters 全局搜索: names, pinyin, numbers, tails; ranked, grouped, scope and mask aware."""

from loanhub.services.search.candidates import searched_ids
from loanhub.services.search.find import PER_GROUP, Hit, find
from loanhub.services.search.recent import keep_recent, recent
from loanhub.services.search.tokens import index, index_many, tokens_of, write_token_lists

__all__ = [
    "PER_GROUP", "Hit", "find", "index", "index_many", "keep_recent", "recent", "searched_ids", "tokens_of",
    "write_token_lists",
]  # fmt: skip
