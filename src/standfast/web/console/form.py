"""What a form sent, as plain texts."""

from collections.abc import Mapping

from litestar.datastructures import FormMultiDict, UploadFile


class Form:
    """Missing fields are empty texts: the services say what is wrong with those."""

    def __init__(self, fields: FormMultiDict | None = None) -> None:
        self._fields = fields or FormMultiDict()

    def text(self, name: str) -> str:
        value = self._fields.get(name)
        return value.strip() if isinstance(value, str) else ""

    def secret(self, name: str) -> str:
        """As it was typed: a password may begin with a space."""
        value = self._fields.get(name)
        return value if isinstance(value, str) else ""

    def texts(self, name: str) -> tuple[str, ...]:
        """Every field of this name."""
        return tuple(value for value in self._fields.getall(name, []) if isinstance(value, str))

    def lines(self, name: str) -> tuple[str, ...]:
        """The lines of a text area that are not empty."""
        return tuple(line.strip() for line in self.text(name).splitlines() if line.strip())

    def is_on(self, name: str) -> bool:
        """Whether a check box or switch was set."""
        return self.text(name) not in {"", "0", "off", "false"}

    def file(self, name: str) -> UploadFile | None:
        value = self._fields.get(name)
        return value if isinstance(value, UploadFile) else None

    def shown(self) -> Mapping[str, str]:
        """To fill the form again. Passwords and other secrets are typed anew."""
        names = {name for name in self._fields if not _is_secret(name)}
        return {name: self.text(name) for name in names}

    def __bool__(self) -> bool:
        return bool(self._fields)


def _is_secret(name: str) -> bool:
    return name in {"csrf", "password", "present"} or name.endswith(("_secret", "api_key"))
