"""What may go wrong in a command, told in one line without a trace."""

from sqlalchemy.exc import OperationalError

from standfast.config import SettingInvalid
from standfast.contract.errors import StandfastError
from standfast.services.errors import ServiceRefused
from standfast.store.migrate import SchemaDiffers
from standfast.store.vault import VaultError

FAILURES = (
    ServiceRefused,
    StandfastError,
    VaultError,
    SchemaDiffers,
    SettingInvalid,
    OperationalError,
)


def told(error: Exception) -> str:
    """The message for the terminal, with the field it speaks of."""
    if isinstance(error, OperationalError):
        return f"The database cannot be reached: {error.orig}".strip()
    field = getattr(error, "field", None)
    return f"{field}: {error}" if field else str(error)
