"""What a key for another system may do 接口权限."""

from __future__ import annotations

from loanhub.domain.choice import Choice


class ApiScope(Choice):
    """One thing a key may be used for."""

    LEADS_CREATE = "leads:create", "提交线索"
    LEADS_READ = "leads:read", "查询线索（脱敏）"
    LEADS_CLEAR = "leads:clear", "查询线索（明文）"
    REPORTS_RUN = "reports:run", "运行共享给全员的报表"
    PAPERS_CREATE = "papers:create", "出具文书"
    PAPERS_READ = "papers:read", "取文书的 PDF"
