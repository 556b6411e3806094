import base64
import json
from datetime import timedelta

import pytest
from cryptography.hazmat.primitives.asymmetric import ed25519, rsa
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from joserfc import jwt
from joserfc.jwk import OctKey, RSAKey

from clocks import FrozenClock
from standfast.services.errors import FieldInvalid, IdentityRefused, NotFound
from standfast.services.identify import Identify
from standfast.services.manage_app import ManageApp
from standfast.store.database import Database
from standfast.store.keys import Algorithm
from standfast.store.vault import Vault, new_key


class Desk:
    """An app with one key of each algorithm that fits, and a pen to write tokens with."""

    def __init__(self, database: Database, clock: FrozenClock) -> None:
        vault = Vault([new_key()])
        self.clock = clock
        self.manage = ManageApp(database, vault, clock)
        self.app = self.manage.create("Acme", domains=("acme.io",)).id
        self.key = self.manage.create_identity_key(self.app)
        self.identify = Identify(database, vault, clock, billing_traits=("chargify_id",))

    def claims(self, **changes: object) -> dict:
        now = int(self.clock.now().timestamp())
        plain = {"aud": self.app, "sub": "ada", "iat": now, "exp": now + 600, **changes}
        return {key: value for key, value in plain.items() if value is not ...}

    def token(self, *, kid: str | None = None, secret: str | None = None, **changes: object) -> str:
        assert self.key.secret is not None
        key = OctKey.import_key(secret or self.key.secret.reveal())
        return jwt.encode({"alg": "HS256", "kid": kid or self.key.kid}, self.claims(**changes), key)

    def who(self, token: str):
        return self.identify.identify(self.app, token=token)


@pytest.fixture
def desk(embedded_database: Database, clock: FrozenClock) -> Desk:
    return Desk(embedded_database, clock)


def _b64(raw: bytes) -> str:
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()


def test_a_signed_token_says_who_the_visitor_is(desk: Desk) -> None:
    identity = desk.who(desk.token(chargify_id=77, traits={"plan": "pro", "seats": 4}))

    assert (identity.user_id, identity.is_signed) == ("ada", True)
    assert identity.billing_ids == {"chargify_id": "77"}
    assert identity.claims == {"plan": "pro", "seats": 4}


@pytest.mark.parametrize("value", [None, "", ...])
def test_a_token_without_a_billing_id_is_still_an_identity(desk: Desk, value: object) -> None:
    assert desk.who(desk.token(chargify_id=value)).billing_ids == {}


REFUSED = {
    "for another app": ({"aud": "app_other"}, "aud"),
    "without aud": ({"aud": ...}, "aud"),
    "without sub": ({"sub": ...}, "sub"),
    "with an empty sub": ({"sub": ""}, "sub"),
    "with a long sub": ({"sub": "x" * 129}, "sub"),
    "with a number as sub": ({"sub": 7}, "sub"),
    "without exp": ({"exp": ...}, "exp"),
    "without iat": ({"iat": ...}, "iat"),
    "with a text as exp": ({"exp": "soon"}, "exp"),
    "with an endless exp": ({"exp": 1e300}, "exp"),
    "with a float as billing id": ({"chargify_id": 7.5}, "chargify_id"),
    "with true as billing id": ({"chargify_id": True}, "chargify_id"),
    "with a long billing id": ({"chargify_id": "9" * 256}, "chargify_id"),
    "with an object as a trait": ({"traits": {"a": {"b": 1}}}, "traits"),
    "with a list as traits": ({"traits": []}, "traits"),
}


@pytest.mark.parametrize(("changes", "named"), REFUSED.values(), ids=REFUSED.keys())
def test_a_token_is_refused_and_the_reason_names_the_claim(
    desk: Desk, changes: dict, named: str
) -> None:
    with pytest.raises(IdentityRefused, match=named):
        desk.who(desk.token(**changes))


@pytest.mark.parametrize(
    ("iat", "exp", "is_good"),
    [
        (0, 600, True),
        (0, 3600, True),  # the longest life
        (0, 3601, False),
        (-600, -59, True),  # within the leeway of 60 s
        (-600, -60, False),
        (60, 600, True),
        (61, 600, False),
    ],
)
def test_a_token_holds_for_its_time_and_a_minute(
    desk: Desk, iat: int, exp: int, *, is_good: bool
) -> None:
    now = int(desk.clock.now().timestamp())
    token = desk.token(iat=now + iat, exp=now + exp)

    if is_good:
        assert desk.who(token).user_id == "ada"
    else:
        with pytest.raises(IdentityRefused):
            desk.who(token)


def test_a_remembered_token_expires_all_the_same(desk: Desk) -> None:
    token = desk.token()
    desk.who(token)

    desk.clock.advance(timedelta(seconds=660).total_seconds())

    with pytest.raises(IdentityRefused, match="expired"):
        desk.who(token)


def test_a_retired_key_refuses_tokens_it_has_let_in_before(desk: Desk) -> None:
    token = desk.token()
    desk.who(token)

    desk.manage.retire_identity_key(desk.app, desk.key.kid)
    desk.clock.advance(1)

    with pytest.raises(IdentityRefused, match="kid"):
        desk.who(token)


def test_two_keys_are_valid_side_by_side(desk: Desk) -> None:
    second = desk.manage.create_identity_key(desk.app)
    assert second.secret is not None

    old, new = desk.token(), desk.token(kid=second.kid, secret=second.secret.reveal())

    assert desk.who(old) == desk.who(new)


def test_a_forged_signature_is_refused(desk: Desk) -> None:
    with pytest.raises(IdentityRefused, match="forged"):
        desk.who(desk.token(secret="a secret of somebody else, long enough"))


def test_a_changed_payload_is_refused(desk: Desk) -> None:
    head, _, mac = desk.token().split(".")
    payload = _b64(json.dumps(desk.claims(sub="eve")).encode())

    with pytest.raises(IdentityRefused, match="forged"):
        desk.who(f"{head}.{payload}.{mac}")


@pytest.mark.parametrize("alg", ["none", "None", "HS512", "RS256", "EdDSA"])
def test_a_token_cannot_choose_its_algorithm(desk: Desk, alg: str) -> None:
    head = _b64(json.dumps({"alg": alg, "kid": desk.key.kid}).encode())
    payload = _b64(json.dumps(desk.claims()).encode())

    with pytest.raises(IdentityRefused, match="alg"):
        desk.who(f"{head}.{payload}.{_b64(b'x' * 32)}")


def test_a_public_key_is_never_taken_for_a_shared_secret(desk: Desk) -> None:
    pair = rsa.generate_private_key(65537, 2048)
    pem = pair.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
    key = desk.manage.create_identity_key(
        desk.app, algorithm=Algorithm.RS256, public_key=pem.decode()
    )
    head = _b64(json.dumps({"alg": "HS256", "kid": key.kid}).encode())
    payload = _b64(json.dumps(desk.claims()).encode())

    import hashlib
    import hmac

    mac = _b64(hmac.digest(pem, f"{head}.{payload}".encode(), hashlib.sha256))
    with pytest.raises(IdentityRefused, match="alg"):
        desk.who(f"{head}.{payload}.{mac}")


@pytest.mark.parametrize("name", ["EdDSA", "Ed25519"])
def test_an_ed25519_token_is_known_by_both_names(desk: Desk, name: str) -> None:
    pair = ed25519.Ed25519PrivateKey.generate()
    pem = pair.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
    key = desk.manage.create_identity_key(
        desk.app, algorithm=Algorithm.EDDSA, public_key=pem.decode()
    )
    head = _b64(json.dumps({"alg": name, "kid": key.kid}).encode())
    text = f"{head}.{_b64(json.dumps(desk.claims()).encode())}"

    assert desk.who(f"{text}.{_b64(pair.sign(text.encode()))}").user_id == "ada"


def test_an_rs256_token_is_checked_with_the_public_half(desk: Desk) -> None:
    pair = RSAKey.generate_key(2048)
    pem = pair.as_pem(private=False).decode()
    key = desk.manage.create_identity_key(desk.app, algorithm=Algorithm.RS256, public_key=pem)

    token = jwt.encode({"alg": "RS256", "kid": key.kid}, desk.claims(), pair)

    assert desk.who(token).user_id == "ada"
    with pytest.raises(IdentityRefused):
        desk.who(jwt.encode({"alg": "RS256", "kid": key.kid}, desk.claims(), RSAKey.generate_key()))


@pytest.mark.parametrize("token", ["", "a", "a.b.c", "....", "é.é.é", "e30.e30.", "x" * 9000])
def test_what_is_no_token_is_refused(desk: Desk, token: str) -> None:
    with pytest.raises(IdentityRefused):
        desk.who(token)


def test_another_apps_key_does_not_open_this_one(desk: Desk) -> None:
    other = desk.manage.create("Other", domains=()).id
    key = desk.manage.create_identity_key(other)
    assert key.secret is not None

    with pytest.raises(IdentityRefused, match="kid"):
        desk.who(desk.token(kid=key.kid, secret=key.secret.reveal()))


def test_a_browser_may_come_without_a_name(desk: Desk) -> None:
    identity = desk.identify.identify(desk.app, token=None, anonymous_id="b-1_A")

    assert (identity.visitor, identity.is_signed) == ("a:b-1_A", False)


@pytest.mark.parametrize("anonymous_id", [None, "", "a b", "x" * 65, "é", "a\n"])
def test_a_browser_id_of_another_shape_names_its_field(desk: Desk, anonymous_id) -> None:
    with pytest.raises(FieldInvalid) as caught:
        desk.identify.identify(desk.app, token=None, anonymous_id=anonymous_id)

    assert caught.value.field == "anonymous_id"


def test_an_unknown_app_is_not_found(desk: Desk) -> None:
    with pytest.raises(NotFound):
        desk.identify.identify("app_none", token=desk.token())


def test_an_api_key_names_its_app_until_it_is_revoked(desk: Desk) -> None:
    key = desk.manage.create_api_key(desk.app, label="backend").reveal()
    assert desk.identify.identify_server(key) == desk.app

    desk.manage.revoke_api_key(desk.app, label="backend")

    with pytest.raises(IdentityRefused):
        desk.identify.identify_server(key)


def test_the_log_tells_the_reason_and_never_the_token(desk: Desk, caplog) -> None:
    from structlog.testing import capture_logs

    token = desk.token(aud="app_other")
    with capture_logs() as lines, pytest.raises(IdentityRefused):
        desk.who(token)

    assert lines[0]["event"] == "identity.refused"
    assert "aud" in lines[0]["reason"]
    assert token not in str(lines)


def test_old_tokens_are_forgotten_first(embedded_database: Database, clock: FrozenClock) -> None:
    desk = Desk(embedded_database, clock)
    desk.identify._remembered_tokens = 2

    for number in range(5):
        desk.who(desk.token(sub=f"user-{number}"))

    assert len(desk.identify._verified) == 2
