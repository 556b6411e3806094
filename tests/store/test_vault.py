import base64

import pytest

from standfast.store.vault import (
    KeyMissing,
    KeyUnusable,
    SealBroken,
    Secret,
    Vault,
    new_key,
    read_keys,
    write_key_file,
)

PLACE = "connections:con_1:secrets"


def test_what_was_sealed_is_unsealed_in_its_place() -> None:
    vault = Vault([new_key()])

    blob = vault.seal(b"the key of the till", context=PLACE)

    assert vault.unseal(blob, context=PLACE) == b"the key of the till"
    assert b"till" not in blob


def test_the_same_secret_is_never_sealed_alike() -> None:
    vault = Vault([new_key()])

    assert vault.seal(b"x", context=PLACE) != vault.seal(b"x", context=PLACE)


def test_a_stranger_s_key_opens_nothing() -> None:
    blob = Vault([new_key()]).seal(b"x", context=PLACE)

    with pytest.raises(KeyMissing):
        Vault([new_key()]).unseal(blob, context=PLACE)


def test_a_blob_moved_to_another_place_does_not_open() -> None:
    vault = Vault([new_key()])
    blob = vault.seal(b"x", context=PLACE)

    with pytest.raises(SealBroken):
        vault.unseal(blob, context="connections:con_2:secrets")


@pytest.mark.parametrize("at", [0, 9, 25, -1], ids=["format", "nonce", "text", "tag"])
def test_one_changed_bit_breaks_the_seal(at: int) -> None:
    vault = Vault([new_key()])
    blob = bytearray(vault.seal(b"a longer secret", context=PLACE))

    blob[at] ^= 1

    with pytest.raises(SealBroken):
        vault.unseal(bytes(blob), context=PLACE)


@pytest.mark.parametrize("blob", [b"", b"\x01", b"plain text that was never sealed at all"])
def test_what_was_never_sealed_is_refused(blob: bytes) -> None:
    with pytest.raises(SealBroken):
        Vault([new_key()]).unseal(blob, context=PLACE)


def test_an_older_key_still_unseals() -> None:
    old, new = new_key(), new_key()
    blob = Vault([old]).seal(b"x", context=PLACE)

    vault = Vault([new, old])

    assert vault.unseal(blob, context=PLACE) == b"x"
    assert not vault.is_newest(blob)
    assert vault.is_newest(vault.seal(b"x", context=PLACE))


def test_the_first_start_makes_a_key_file_for_its_owner_alone(tmp_path) -> None:
    keys = read_keys(tmp_path / "new", None)

    file = tmp_path / "new" / "key"
    assert file.stat().st_mode & 0o777 == 0o600
    assert read_keys(tmp_path / "new", None) == keys
    assert [one.name for one in file.parent.iterdir()] == ["key"]


@pytest.mark.parametrize("mode", [0o640, 0o604, 0o644])
def test_a_key_file_that_others_can_read_is_refused_with_the_remedy(tmp_path, mode: int) -> None:
    read_keys(tmp_path, None)
    (tmp_path / "key").chmod(mode)

    with pytest.raises(KeyUnusable, match="chmod 600"):
        read_keys(tmp_path, None)


def test_the_environment_goes_before_the_key_file(tmp_path) -> None:
    first, second = new_key(), new_key()
    text = ",".join(base64.b64encode(key).decode() for key in (first, second))

    assert read_keys(tmp_path, text) == [first, second]
    assert not (tmp_path / "key").exists()


@pytest.mark.parametrize("text", ["short", "!!!", "c2hvcnQ=", "ключ"])
def test_a_key_of_the_wrong_kind_is_refused_without_being_repeated(tmp_path, text: str) -> None:
    with pytest.raises(KeyUnusable) as caught:
        read_keys(tmp_path, text)

    assert "STANDFAST_KEY" in str(caught.value)
    assert text not in str(caught.value).replace("separated by commas", "")


def test_the_key_file_is_replaced_whole(tmp_path) -> None:
    keys = [new_key(), new_key()]

    write_key_file(tmp_path / "key", keys)

    assert read_keys(tmp_path, None) == keys


def test_a_secret_prints_as_stars() -> None:
    secret = Secret("sk_live")

    assert f"{secret} {secret!r} {secret!s}" == "*** *** ***"
    assert secret.reveal() == "sk_live"
