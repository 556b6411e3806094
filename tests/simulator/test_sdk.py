"""The vendor's own SDK drives every operation of the simulator, from an environment of its own."""

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from chargify_simulator.coverage import names_by_route
from chargify_simulator.testing import running_simulator

ROOT = Path(__file__).resolve().parents[2]
ENVIRONMENT = ROOT / ".envs" / "sdk"
SCRIPT = Path(__file__).with_name("sdk_conformance.py")

SEEN: dict[str, Any] = {
    "read_site": "acme",
    "read_site__with_a_wrong_key": 401,
    "list_product_families": 3,
    "read_product_family": "Northwind Boards",
    "create_product_family": "by-the-sdk",
    "list_products_for_product_family": 6,
    "list_products": 11,
    "read_product": "basic",
    "read_product_by_handle": 14,
    "create_and_archive_product": True,
    "create_product__without_a_name": ["Name: cannot be blank."],
    "list_product_price_points": ["Yearly", "Original"],
    "read_product_price_point": 900,
    "list_all_product_price_points": 19,
    "list_coupons": 19,
    "list_coupons_for_product_family": 17,
    "find_coupon": "20",
    "find_coupon__unknown": 404,
    "read_coupon": "pro",
    "validate_coupon": "SAVE20",
    "validate_coupon__unknown": "Coupon code could not be found.",
    "create_and_archive_coupon": True,
    "create_coupon__taken": ["Code: must be unique - that value has been taken."],
    "list_coupon_subcodes": ["PARTNER-NORTH", "PARTNER-SOUTH", "25%OFF"],
    "create_customer__without_a_name": [
        "First name: cannot be blank.",
        "Last name: cannot be blank.",
        "Email address: cannot be blank.",
    ],
    "list_customers": 200,
    "list_customers__searched": "Ada",
    "read_customer": "ada@example.com",
    "read_customer_by_reference": "user-0001",
    "read_customer_by_reference__unknown": 404,
    "update_customer": "Ørsta",
    "delete_customer": "",
    "list_customer_subscriptions": True,
    "list_payment_profiles": 1,
    "list_payment_profiles__all_kinds": 100,
    "read_payment_profile": "XXXX-XXXX-XXXX-1",
    "create_payment_profile__without_a_card": [
        "Credit card expiration month: cannot be blank.",
        "Credit card expiration year: cannot be blank.",
        "Credit card number: cannot be blank.",
    ],
    "change_subscription_default_payment_profile": True,
    "delete_unused_payment_profile": "",
    "create_subscription": ["active", "8.10", ["WELCOME10"], "bogus"],
    "create_subscription__declined": ["Bogus Gateway: Forced failure"],
    "preview_subscription": 27920,
    "list_subscriptions": True,
    "list_subscriptions__by_state_and_date": ["canceled"],
    "read_subscription": ["STACK5", 10],
    "find_subscription": "active",
    "update_subscription__billing_date": "2040-02-01T07:00:00-05:00",
    "preview_renewal": 900,
    "apply_coupons_to_subscription": ["STACK5", "STACK7"],
    "apply_coupons_to_subscription__unknown": [
        ["Coupon Codes: 'nope' - Coupon code could not be found."],
        ["Coupon is invalid."],
    ],
    "remove_coupon_from_subscription": "Coupon removed.",
    "remove_coupon_from_subscription__none": ["This subscription does not have any coupons."],
    "cancel_subscription": ["canceled", "CH2", "left"],
    "cancel_subscription__twice": [422, {"error": "The subscription is already canceled"}],
    "initiate_and_cancel_delayed_cancellation": [
        "This subscription is scheduled to be canceled at the end of the current period",
        "This subscription will no longer cancel at the end of the period",
    ],
    "reason_codes_from_creation_to_deletion": ["SDK", "changed", "ok"],
    "list_reason_codes": 4,
    "create_reason_code__taken": ["Code: This code is already in use."],
    "read_billing_portal_link": 1,
    "pause_subscription": "on_hold",
    "update_automatic_subscription_resumption__not_held": [
        "Subscription is not currently on hold."
    ],
    "resume_subscription": ["active", "on_hold"],
    "reactivate_subscription": "active",
    "reactivate_subscription__live": [
        'Cannot reactivate a subscription that is not marked "Canceled" or "Trial Ended".'
    ],
    "retry_subscription": "active",
    "cancel_dunning__not_due": 422,
    "activate_subscription": "active",
    "override_subscription": "2019-01-01T12:00:00-05:00",
    "purge_subscription": 404,
    "update_subscription__product_later": ["pro", None],
    "migrate_subscription_product": "pro",
    "preview_subscription_product_migration": [2900, -900],
    "price_points_from_creation_to_default": [778, True, None, 778],
    "archive_product_price_point__default": ["Cannot archive the default price point."],
    "bulk_create_product_price_points": 2,
    "update_product": "by the SDK",
    "update_coupon": "11",
    "read_coupon_usage": 8,
    "subcodes_from_creation_to_deletion": [["A1"], ["B B"], ["C3", "D4"], ["D4"]],
    "create_or_update_coupon_currency_prices__percentage": 422,
    "update_payment_profile": "King",
    "delete_subscriptions_payment_profile": "",
    "send_request_update_payment_email": "",
    "validate_referral_code": "FRIEND",
    "enable_billing_portal_for_customer": 0,
    "notes_from_creation_to_deletion": ["wrote", 1, False, 0],
    "list_events": True,
    "list_subscription_events": ["payment_success", "signup_success"],
    "read_events_count": True,
    "endpoints_and_webhooks": ["customer_create", "ok", ["payment_failure"], 1],
    "enable_webhooks": True,
}
"""Some checks drive several operations; their names say "from … to …"."""
DRIVEN_TOGETHER = {
    "create_and_archive_product": ["create_product", "archive_product"],
    "create_and_archive_coupon": ["create_coupon", "archive_coupon"],
    "initiate_and_cancel_delayed_cancellation": [
        "initiate_delayed_cancellation",
        "cancel_delayed_cancellation",
    ],
    "reason_codes_from_creation_to_deletion": [
        "create_reason_code",
        "read_reason_code",
        "update_reason_code",
        "delete_reason_code",
    ],
    "price_points_from_creation_to_default": [
        "create_product_price_point",
        "update_product_price_point",
        "archive_product_price_point",
        "unarchive_product_price_point",
        "promote_product_price_point_to_default",
    ],
    "subcodes_from_creation_to_deletion": [
        "create_coupon_subcodes",
        "update_coupon_subcodes",
        "delete_coupon_subcode",
    ],
    "notes_from_creation_to_deletion": [
        "create_subscription_note",
        "read_subscription_note",
        "update_subscription_note",
        "list_subscription_notes",
        "delete_subscription_note",
    ],
    "endpoints_and_webhooks": [
        "create_endpoint",
        "update_endpoint",
        "list_endpoints",
        "list_webhooks",
        "replay_webhooks",
    ],
}


@pytest.fixture(scope="session")
def sdk_python() -> Path:
    """The environment's Python; made on first use, as requirements/sdk.txt pins it."""
    python = ENVIRONMENT / "bin" / "python"
    if not _has_sdk(python):
        uv = shutil.which("uv", path=f"{ROOT / '.venv' / 'bin'}{os.pathsep}{os.environ['PATH']}")
        if uv is None:
            pytest.skip("the SDK's environment is missing, and so is uv to make it")
        pins = ROOT / "requirements" / "sdk.txt"
        for step in (
            ["venv", "--quiet", "--allow-existing", str(ENVIRONMENT)],
            ["pip", "install", "--quiet", "--python", str(python), "--require-hashes", "-r", pins],
        ):
            made = subprocess.run([uv, *step], capture_output=True, text=True, check=False)
            if made.returncode:
                pytest.skip(f"the SDK's environment could not be made: {made.stderr.strip()}")
    return python


def _has_sdk(python: Path) -> bool:
    command = [python, "-c", "import advancedbilling"]
    return python.exists() and subprocess.run(command, check=False).returncode == 0


@pytest.fixture(scope="session")
def report(sdk_python: Path) -> dict[str, dict]:
    with running_simulator() as simulator:
        command = [sdk_python, SCRIPT, simulator.url, simulator.api_key]
        done = subprocess.run(command, capture_output=True, text=True, timeout=120, check=False)
    assert done.returncode == 0, done.stderr
    lines = map(json.loads, done.stdout.splitlines())
    return {line["operation"]: line for line in lines}


@pytest.mark.parametrize("operation", SEEN)
def test_the_official_sdk_understands_the_simulator(report, operation):
    line = report[operation]

    assert line["holds"], line["seen"]
    assert line["seen"] == SEEN[operation]


def test_the_sdk_drives_every_operation_that_the_simulator_has(capsys):
    driven = {check.partition("__")[0] for check in SEEN}
    driven |= {name for names in DRIVEN_TOGETHER.values() for name in names}
    ours = {name.partition(".")[2] for names in names_by_route().values() for name in names}

    with capsys.disabled():
        sys.stdout.write(f"\nthe SDK drives {len(ours & driven)} of {len(ours)} operations\n")
    assert ours - driven == set()


def test_the_sdk_tries_nothing_that_is_not_asserted(report):
    assert report.keys() == SEEN.keys()
