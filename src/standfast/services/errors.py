"""What a use case can say no to, named for what happened; the web maps each to one status."""


class ServiceRefused(Exception):
    """The request cannot be served as it is."""

    def __init__(self, message: str | None = None, *, field: str | None = None) -> None:
        self.field = field
        super().__init__(message or (type(self).__doc__ or "").strip())


class FieldInvalid(ServiceRefused):
    """A field holds a value that cannot be used. 422"""


class NotFound(ServiceRefused):
    """There is nothing under this id. 404"""


class IdentityRefused(ServiceRefused):
    """The identity token is missing, forged, expired or for someone else. 401"""


class TokenRefused(ServiceRefused):
    """The decision or result token is forged, expired or for another visitor. 403"""


class SignatureRefused(ServiceRefused):
    """The webhook is not signed with the site's key. 401"""


class WebhookUnreadable(ServiceRefused):
    """The webhook is signed, but names no event. 422"""


class NotNow(ServiceRefused):
    """The present state does not allow it. 409"""


class OfferRefused(NotNow):
    """The offer cannot be kept for this visitor now. 409

    `told` is the visitor's sentence, as after a click that was refused.
    """

    def __init__(self, reason: str, *, told: str) -> None:
        self.reason = reason
        self.told = told
        super().__init__("The offer cannot be kept now.")


class SiteSilent(ServiceRefused):
    """The billing system does not answer. Ask again in a moment. 503"""

    def __init__(self, *, retry_after: float) -> None:
        self.retry_after = retry_after
        super().__init__("The billing system does not answer. Ask again in a moment.")
