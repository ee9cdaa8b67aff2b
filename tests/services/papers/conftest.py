"""The firm whose documents these are, and certificates made once, as for signing."""

from tests.services.signing.conftest import certificates_made_once, company

__all__ = ["certificates_made_once", "company"]
