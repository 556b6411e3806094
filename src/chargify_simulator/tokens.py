"""`uniqueness_token`: the vendor's guard against a second submission.

"the first was received and answered" is all a 409 says; a first try that ended in 422 burns the
token too (developer portal, error handling).
"""

from datetime import datetime, timedelta


class UniquenessTokens:
    def __init__(self) -> None:
        self.first_seen_at: dict[str, datetime] = {}

    def claim(self, token: str, *, now: datetime, minutes: float) -> bool:
        """True for the first use within the window."""
        seen_at = self.first_seen_at.get(token)
        if seen_at is not None and now - seen_at < timedelta(minutes=minutes):
            return False
        self.first_seen_at[token] = now
        return True
