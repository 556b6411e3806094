"""Passwords as argon2id hashes. Two at a time: each takes 64 MiB and a sixth of a second."""

from threading import BoundedSemaphore

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

from standfast.domain.password import password_problem
from standfast.services.errors import FieldInvalid, NotNow

AT_ONCE = 2
PATIENCE_SECONDS = 10.0


class Passwords:
    """Safe to use from several threads. Tests hand in a cheaper hasher."""

    def __init__(self, hasher: PasswordHasher | None = None) -> None:
        self._hasher = hasher or PasswordHasher()
        self._turns = BoundedSemaphore(AT_ONCE)
        self._nobodys = ""

    def hash(self, password: str, *, login: str) -> str:
        """Raises `FieldInvalid` on the field password when it is too weak."""
        problem = password_problem(password, login=login)
        if problem:
            raise FieldInvalid(problem, field="password")
        with _Turn(self._turns):
            return self._hasher.hash(password)

    def is_right(self, password: str, password_hash: str | None) -> bool:
        """Takes as long for nobody's hash (None), so that time tells nothing."""
        with _Turn(self._turns):
            try:
                self._hasher.verify(password_hash or self._nobody(), password)
            except (VerificationError, InvalidHashError):
                return False
        return password_hash is not None

    def _nobody(self) -> str:
        if not self._nobodys:
            self._nobodys = self._hasher.hash("nobody's password")
        return self._nobodys


class _Turn:
    def __init__(self, turns: BoundedSemaphore) -> None:
        self._turns = turns

    def __enter__(self) -> None:
        if not self._turns.acquire(timeout=PATIENCE_SECONDS):
            raise NotNow("Too many people sign in at this moment. Try again.")

    def __exit__(self, *_: object) -> None:
        self._turns.release()
