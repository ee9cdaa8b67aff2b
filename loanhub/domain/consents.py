"""The words people agree to when they apply 授权文本: a version each, a purpose each, never bundled.

The shipped texts are a start; a firm publishes its own under a new version (to be confirmed by its counsel).
Source: 个人信息保护法 articles 13–17, 23, 29; lending guide §9.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass

from loanhub.domain.customers import ConsentPurpose

SHIPPED_VERSION = "2026-11-2"
"""The version new installations start with."""


@dataclass(frozen=True)
class Wording:
    """The words of one consent; ``required``: without it the enquiry cannot be handled at all."""

    purpose: ConsentPurpose
    title: str
    body: str
    required: bool = False

    @property
    def hash(self) -> str:
        """Return the SHA-256 of title and body: proof of which words were shown."""
        return hashlib.sha256(f"{self.title}\n{self.body}".encode()).hexdigest()


_FIRST: tuple[Wording, ...] = (
    Wording(
        ConsentPurpose.PERSONAL,
        "个人信息处理授权",
        "为了联系你、了解需求并给出贷款方案，我们会处理你在本页填写的姓名、手机号、所在城市、贷款金额和用途。"
        "信息保存在我们自己的服务器，仅由负责你这次申请的员工查看；申请结束后按规定期限删除。"
        "你可以随时要求查看、更正、删除信息或撤回授权，撤回不影响之前已完成的处理。不同意则无法提交申请。",
        required=True,
    ),
    Wording(
        ConsentPurpose.LENDER,
        "向合作金融机构提供信息",
        "如果自有产品不合适，我们可以把你的姓名、手机号和贷款需求提供给一家合作银行或持牌机构，由其联系你评估。"
        "提供前会告诉你机构的名称和联系方式。不同意不影响本次申请。",
    ),
    Wording(
        ConsentPurpose.MARKETING,
        "接收产品信息",
        "我们可以通过电话或短信向你介绍新产品和优惠。你随时可以退订。不同意不影响本次申请。",
    ),
)  # fmt: skip
"""The words of 2026-11: never changed, since people agreed to them."""
SHIPPED: tuple[Wording, ...] = (
    Wording(
        ConsentPurpose.PERSONAL,
        "个人信息处理授权",
        "为了联系您、了解需求并给出贷款方案，我们会处理您在本页填写的姓名、手机号、所在城市、贷款金额和用途。"
        "信息保存在我们自己的服务器，仅由负责您这次申请的员工查看；申请结束后按规定期限删除。"
        "您可以随时要求查看、更正、删除信息或撤回授权，撤回不影响之前已完成的处理。不同意则无法提交申请。",
        required=True,
    ),
    Wording(
        ConsentPurpose.LENDER,
        "向合作金融机构提供信息",
        "如果自有产品不合适，我们可以把您的姓名、手机号和贷款需求提供给一家合作银行或持牌机构，由其联系您评估。"
        "提供前会告诉您机构的名称和联系方式。不同意不影响本次申请。",
    ),
    Wording(
        ConsentPurpose.MARKETING,
        "接收产品信息",
        "我们可以通过电话或短信向您介绍新产品和优惠。您随时可以退订。不同意不影响本次申请。",
    ),
)  # fmt: skip
"""The texts every installation starts with."""
SHIPPED_VERSIONS = {SHIPPED_VERSION: SHIPPED, "2026-11": _FIRST}
"""Every version ever shipped, the newest first."""
PURPOSES = tuple(wording.purpose for wording in SHIPPED)
"""What the application page asks for, in order."""
