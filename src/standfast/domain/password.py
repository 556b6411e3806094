"""What a password must be: long, and not one that everybody tries first."""

import re

SHORTEST = 12
LONGEST = 200

# Of the passwords people are known to choose, the stems that reach twelve characters when repeated,
# counted up or written with a year; a password made of one of them and little else is refused.
COMMON = (
    "password", "passwort", "qwertyuiop", "qwerty", "asdfghjkl", "letmein", "welcome", "iloveyou",
    "administrator", "changeme", "secret", "standfast", "chargify", "monkey", "dragon", "football",
    "baseball", "superman", "sunshine", "princess", "trustno1", "correcthorsebatterystaple",
    "abcdefghijkl", "zxcvbnm", "1q2w3e4r", "q1w2e3r4",
)  # fmt: skip

_LOOKS_ALIKE = str.maketrans("@4301$5!7", "aaeoissit")


def password_problem(password: str, *, login: str) -> str | None:
    """What is wrong with it, to be told beside the field; None when it will do."""
    if len(password) < SHORTEST:
        return f"Use {SHORTEST} characters or more. A sentence is easy to remember."
    if len(password) > LONGEST:
        return f"Use {LONGEST} characters or fewer."
    if len(set(password)) < 5 or _is_common(password.lower()):
        return "This is one of the first passwords anybody would try. Choose another."
    if password.lower() in {login, login.partition("@")[0] * 2}:
        return "Your sign-in name cannot be your password."
    return None


def _is_common(password: str) -> bool:
    for text in (password, password.translate(_LOOKS_ALIKE)):
        letters = re.sub(r"[\W\d_]", "", text)
        for stem in COMMON:
            rest = text.replace(stem, "")
            if rest != text and len(rest) <= 4:
                return True
            if letters == stem:
                return True
    return password.isdigit() and password in "12345678901234567890" * 3
