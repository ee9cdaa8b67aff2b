"""The sheet after a call from a lead's drawer or a customer's page."""

from __future__ import annotations

from typing import Any

from loanhub.state._after_call import AfterCall
from loanhub.state._base import SessionState


class AfterCallState(AfterCall, SessionState):
    """What came of the call to the lead or the customer that is open."""

    async def _again(self, *answers: Any) -> Any:
        """Have the record that is open read anew: both know this State, so they are not imported above."""
        from loanhub.state.customer import CustomerState, record_id
        from loanhub.state.lead_drawer import LeadDrawerState

        drawer, page = await self.get_state(LeadDrawerState), await self.get_state(CustomerState)
        if record_id(self, "customers") and page.head.id == record_id(self, "customers"):
            return await page._again(*answers)
        return await drawer._again(*answers) if drawer.is_open else list(answers)
