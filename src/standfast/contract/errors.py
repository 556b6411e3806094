"""What can go wrong between us and a billing system, named for what happened."""


class StandfastError(Exception):
    """Something we can explain went wrong."""

    def __init__(self, message: str | None = None) -> None:
        super().__init__(message or (type(self).__doc__ or "").strip())


class SettingsRefused(StandfastError):
    """The connection's settings cannot be used.

    `fields` maps a setting's key to a sentence that says what is wrong and what to do.
    """

    def __init__(self, fields: dict[str, str]) -> None:
        self.fields = fields
        super().__init__("; ".join(f"{field}: {text}" for field, text in fields.items()))


class CallFailed(StandfastError):
    """A call to a billing system brought no answer we can use."""


class NotSent(CallFailed):
    """No byte of the call reached the billing system: surely nothing happened there."""


class HostUnknown(NotSent):
    """No such host exists."""


class SitePaused(NotSent):
    """The site asked us to slow down a while ago; the call was not sent."""

    def __init__(self, message: str | None = None, *, after_seconds: float) -> None:
        self.after_seconds = after_seconds
        super().__init__(message)


class AnswerLost(CallFailed):
    """The call was sent, its answer never came: it may have happened there."""


class CallRefused(CallFailed):
    """The billing system answered a read with an error status."""

    def __init__(self, status: int, message: str, *, request_id: str | None = None) -> None:
        self.status = status
        self.request_id = request_id
        super().__init__(message)


class CredentialsRefused(CallRefused):
    """The billing system does not accept our credentials (401), or blocks the account."""


class Throttled(CallRefused):
    """The billing system asks us to slow down (429)."""

    def __init__(self, message: str, *, after_seconds: float | None = None) -> None:
        self.after_seconds = after_seconds
        super().__init__(429, message)
