"""What a browser without script would send: the fields of a form as the page holds them."""

from html.parser import HTMLParser


class Fields(HTMLParser):
    """The fields of the form with this id; buttons and disabled fields are not sent."""

    def __init__(self, form: str) -> None:
        super().__init__()
        self.fields: dict[str, str] = {}
        self._form = form
        self._is_inside = False
        self._select = ""
        self._area = ""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = dict(attrs)
        if tag == "form":
            self._is_inside = given.get("id") == self._form
        name = given.get("name")
        if not self._is_inside or "disabled" in given:
            return
        if tag == "option" and self._select:
            self._option(given)
        elif name and tag == "select":
            self._select = name
            self.fields[name] = ""
        elif name and tag == "textarea":
            self._area = name
            self.fields[name] = ""
        elif name and tag == "input":
            self._input(name, given)

    def handle_endtag(self, tag: str) -> None:
        if tag == "form":
            self._is_inside = False
        elif tag == "select":
            self._select = ""
        elif tag == "textarea":
            self._area = ""

    def handle_data(self, data: str) -> None:
        if self._area:
            self.fields[self._area] += data

    def _option(self, given: dict[str, str | None]) -> None:
        is_first = self._select not in self._chosen
        if is_first or "selected" in given:
            self._chosen.add(self._select)
            self.fields[self._select] = given.get("value") or ""

    def _input(self, name: str, given: dict[str, str | None]) -> None:
        is_box = given.get("type") in {"checkbox", "radio"}
        if not is_box or "checked" in given:
            self.fields[name] = given.get("value") or ""

    @property
    def _chosen(self) -> set[str]:
        return self.__dict__.setdefault("chosen", set())


def fields_of(html: str, form: str) -> dict[str, str]:
    """Without the CSRF token, which the rig adds by itself."""
    parser = Fields(form)
    parser.feed(html)
    return {name: value for name, value in parser.fields.items() if name != "csrf"}
