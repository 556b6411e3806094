import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from standfast.domain.page import compile_page
from standfast.domain.pattern import PatternInvalid, compile_pattern
from standfast.domain.prompt import PageTrigger
from standfast.domain.request import read_page


@pytest.mark.parametrize(
    ("path", "address", "expected"),
    [
        ("*", "https://acme.io/any/where", True),
        ("/pricing", "https://acme.io/pricing", True),
        ("/pricing", "https://acme.io/pricing/", True),
        ("/pricing/", "https://acme.io/pricing", True),
        ("/pricing", "https://acme.io/pricing/more", False),
        ("/", "https://acme.io", True),
        ("/account/*", "https://acme.io/account/billing", True),
        ("/account/*", "https://acme.io/account", True),
        ("/account/*", "https://acme.io/accounts", False),
        ("/*/billing", "https://acme.io/de/billing", True),
        ("/a*a", "https://acme.io/a", False),
        ("/pricing", "/pricing?x=1#top", True),
        ("/pricing", "http://[broken", False),
    ],
)
def test_a_path_matches_with_stars_and_without_regard_to_a_last_slash(path, address, expected):
    assert compile_page(PageTrigger(path))(read_page(address)) is expected


@pytest.mark.parametrize(
    ("address", "expected"),
    [
        ("/p?plan=gold&x=", True),
        ("/p?x=1&plan=gold", True),
        ("/p?plan=silver&x=1", False),
        ("/p?plan=gold", False),
    ],
)
def test_every_query_word_must_be_there_and_a_star_means_any_value(address, expected):
    trigger = PageTrigger("/p", query={"plan": "gold", "x": "*"})

    assert compile_page(trigger)(read_page(address)) is expected


def test_a_hash_must_equal_with_or_without_its_sign():
    assert compile_page(PageTrigger(hash="#top"))(read_page("/p#top"))
    assert not compile_page(PageTrigger(hash="top"))(read_page("/p"))


@pytest.mark.parametrize(
    "text",
    [
        *("(", ")", "a)", "[", "[z-a]", "*a", "a**", "a{3", "a{9,3}", "a{999}", "(?=a)", r"a\1"),
        *("a^b", "a" * 201, "((a{50}){50}){50}", "\\"),
    ],
)
def test_an_expression_outside_the_dialect_is_refused(text):
    with pytest.raises(PatternInvalid):
        compile_pattern(text)


def test_an_expression_that_would_hang_a_backtracking_engine_is_answered():
    matches = compile_pattern("^(a|a|aa)*(a*)+b$")

    assert not matches("a" * 2_000)


PIECES = st.sampled_from(
    ["a", "b", "/", ".", "[ab]", "[^a]", r"\d", r"\w", r"\.", "(a|b)", "(?:ab|)", "(a|ab)(c|bcd)"]
)
REPEATS = st.sampled_from(["", "", "*", "+", "?", "{2}", "{0,2}"])


@given(
    pieces=st.lists(st.tuples(PIECES, REPEATS), min_size=1, max_size=6),
    starts=st.booleans(),
    ends=st.booleans(),
    subject=st.text("ab/.c1d", max_size=12),
)
def test_the_dialect_agrees_with_the_language_everybody_knows(pieces, starts, ends, subject):
    inner = "".join(piece + repeat for piece, repeat in pieces)
    text = ("^" if starts else "") + inner + ("$" if ends else "")

    known = re.search(text.replace("$", r"\Z"), subject) is not None

    assert compile_pattern(text)(subject) is known
