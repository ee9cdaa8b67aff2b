"""Keys for other systems API 密钥: made, shown once, checked, revoked."""

from loanhub.services.api_keys.check import BadKey, KeyHolder, LacksScope, cached, check, forget_cached
from loanhub.services.api_keys.manage import KeyView, Made, create, list_keys, revoke

__all__ = [
    "BadKey", "KeyHolder", "KeyView", "LacksScope", "Made", "cached", "check", "create", "forget_cached", "list_keys", "revoke",
]  # fmt: skip
