from collections import Counter

import pytest

from standfast.domain.hashing import bucket, digest


@pytest.mark.parametrize(
    ("salt", "key", "visitor", "expected"),
    [
        ("holdout", "app_1", "u:ann", 2479),
        ("holdout", "app_1", "u:bob", 7735),
        ("holdout", "app_2", "u:ann", 8167),
        ("holdout", "app_1", "u:Ünïcode", 7587),
        ("experiment", "prm_1", "a:browser", 3313),
    ],
)
def test_a_bucket_is_the_same_for_ever(salt, key, visitor, expected):
    assert bucket(salt=salt, key=key, visitor=visitor) == expected


def test_buckets_are_spread_evenly():
    counts = Counter(bucket(salt="s", key="k", visitor=f"u:{n}") // 1_000 for n in range(20_000))

    # Ten tenths of 20,000: about 2,000 each; five standard deviations are 212.
    assert all(abs(count - 2_000) < 212 for count in counts.values())


def test_parts_of_a_digest_cannot_run_into_each_other():
    assert digest("ab", "c") != digest("a", "bc")
