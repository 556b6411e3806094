import pytest
from cryptography.hazmat.primitives.asymmetric import ec, ed25519
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from clocks import FrozenClock
from standfast.services.errors import FieldInvalid, NotFound, NotNow
from standfast.services.manage_app import ManageApp, hash_of
from standfast.store.database import Database
from standfast.store.keys import Algorithm
from standfast.store.vault import Vault, new_key


@pytest.fixture
def manage(database: Database) -> ManageApp:
    return ManageApp(database, Vault([new_key()]), FrozenClock())


def _pem(key) -> str:
    return key.public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo).decode()


def test_the_first_start_makes_one_app_and_the_second_none(manage: ManageApp) -> None:
    assert manage.create_first() is not None

    assert manage.create_first() is None
    assert len(manage.list()) == 1


@pytest.mark.parametrize(
    ("written", "origin"),
    [
        ("Acme.io", "https://acme.io"),
        ("https://acme.io/", "https://acme.io"),
        ("https://acme.io:443", "https://acme.io"),
        ("http://localhost:3000", "http://localhost:3000"),
        ("http://[::1]:80", "http://[::1]"),
    ],
)
def test_a_domain_is_kept_as_an_origin(manage: ManageApp, written: str, origin: str) -> None:
    assert manage.create("Acme", domains=(written,)).domains == (origin,)


@pytest.mark.parametrize(
    "written", ["*", "ftp://acme.io", "https://acme.io/shop", "", "https://a:x", "https://*.io"]
)
def test_what_is_no_origin_is_refused_on_its_field(manage: ManageApp, written: str) -> None:
    with pytest.raises(FieldInvalid) as caught:
        manage.create("Acme", domains=(written,))

    assert caught.value.field == "domains"


@pytest.mark.parametrize(
    ("name", "zone", "field"), [("", "UTC", "name"), ("A", "Mars", "time_zone")]
)
def test_a_bad_app_names_its_field(manage: ManageApp, name: str, zone: str, field: str) -> None:
    with pytest.raises(FieldInvalid) as caught:
        manage.create(name, domains=(), time_zone=zone)

    assert caught.value.field == field


def test_an_api_key_is_kept_as_a_hash_only(manage: ManageApp) -> None:
    app = manage.create("Acme", domains=())

    key = manage.create_api_key(app.id, label="backend")

    (row,) = manage.list_api_keys(app.id)
    assert row.hash == hash_of(key.reveal())
    assert key.reveal() not in repr(row)


def test_a_revoked_label_cannot_be_revoked_again(manage: ManageApp) -> None:
    app = manage.create("Acme", domains=())
    manage.create_api_key(app.id, label="backend")

    manage.revoke_api_key(app.id, label="backend")

    with pytest.raises(NotFound):
        manage.revoke_api_key(app.id, label="backend")


def test_two_identity_keys_are_valid_at_a_time_and_no_more(manage: ManageApp) -> None:
    app = manage.create("Acme", domains=())
    first = manage.create_identity_key(app.id)
    manage.create_identity_key(app.id)

    with pytest.raises(NotNow):
        manage.create_identity_key(app.id)
    manage.retire_identity_key(app.id, first.kid)

    assert manage.create_identity_key(app.id).kid != first.kid


def test_a_public_key_must_be_of_its_algorithm(manage: ManageApp) -> None:
    app = manage.create("Acme", domains=())
    right = _pem(ed25519.Ed25519PrivateKey.generate().public_key())
    wrong = _pem(ec.generate_private_key(ec.SECP256R1()).public_key())

    manage.create_identity_key(app.id, algorithm=Algorithm.EDDSA, public_key=right)

    for algorithm in (Algorithm.EDDSA, Algorithm.RS256):
        for pem in (wrong, None, "-----BEGIN PUBLIC KEY-----"):
            with pytest.raises(FieldInvalid):
                manage.create_identity_key(app.id, algorithm=algorithm, public_key=pem)


def test_keys_need_an_app(manage: ManageApp) -> None:
    with pytest.raises(NotFound):
        manage.create_api_key("app_none", label="x")
    with pytest.raises(NotFound):
        manage.create_identity_key("app_none")
