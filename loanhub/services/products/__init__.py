"""Products 产品: the shipped set, the version in force, and how the firm writes its own."""

from loanhub.services.products.offered import (
    ORDER,
    SHIPPED,
    ProductView,
    eligibility,
    get_active,
    install_products,
    list_active,
    list_offered,
    view_of,
)

__all__ = [
    "ORDER",
    "SHIPPED",
    "ProductView",
    "eligibility",
    "get_active",
    "install_products",
    "list_active",
    "list_offered",
    "view_of",
]
