"""A fresh simulator for every test, and a client that knows its key."""

from collections.abc import Callable, Generator

import httpx2
import pytest

from chargify_simulator.testing import RunningSimulator, running_simulator
from simulator import answers_checked
from simulator.vendor_world import World


@pytest.fixture
def chargify() -> Generator[RunningSimulator]:
    with running_simulator() as simulator:
        yield simulator
        log = simulator.requests()
    refused = [each for each in log if each["fault"] is None and (each["status"] or 0) >= 400]
    # A failed activation without revert_on_failure ends the subscription and answers 400.
    refused = [each for each in refused if not each["path"].endswith("/activate.json")]
    assert [each for each in refused if each["effect"]] == [], "a refusal changed something"


@pytest.fixture
def api(chargify: RunningSimulator) -> Generator[httpx2.Client]:
    with httpx2.Client(base_url=chargify.url, auth=(chargify.api_key, "x"), timeout=10) as client:
        yield client


@pytest.fixture
def customer(api: httpx2.Client) -> dict:
    """A new customer without a card."""
    sent = {"first_name": "Ada", "last_name": "Lovelace", "email": "ada@example.com"}
    return api.post("/customers.json", json={"customer": sent}).json()["customer"]


@pytest.fixture
def add_card(api: httpx2.Client) -> Callable[[dict, str], dict]:
    """add_card(customer, "1"): 1 charges, 2 declines every charge."""

    def add(customer: dict, number: str) -> dict:
        card = {"full_number": number, "expiration_month": 12, "expiration_year": 2040}
        sent = {"customer_id": customer["id"]} | card
        answer = api.post("/payment_profiles.json", json={"payment_profile": sent})
        assert answer.status_code == 201, answer.text
        return answer.json()["payment_profile"]

    return add


@pytest.fixture
def good_card(add_card: Callable[[dict, str], dict], customer: dict) -> dict:
    """A card of that customer that charges."""
    return add_card(customer, "1")


@pytest.fixture
def basic(api: httpx2.Client, customer: dict, good_card: dict) -> dict:
    """That customer's live subscription to the plan "basic"."""
    sent = {
        "customer_id": customer["id"],
        "product_handle": "basic",
        "payment_profile_id": good_card["id"],
    }
    answer = api.post("/subscriptions.json", json={"subscription": sent})
    assert answer.status_code == 201, answer.text
    return answer.json()["subscription"]


@pytest.fixture
def world(api: httpx2.Client) -> World:
    return World(api)


answers_checked.install()


@pytest.fixture(autouse=True)
def answers_are_as_the_vendor_defines_them() -> Generator[None]:
    """Where the vendor's data lies beside this repository."""
    checked = answers_checked.checked
    before, checked.is_listening = len(checked.problems), True
    yield
    checked.is_listening = False
    assert checked.problems[before:] == []


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    checked = answers_checked.checked
    told = f"{checked.valid.total()} answers of {len(checked.valid)} kinds fit the definition"
    known = f"{checked.deviations.total()} known deviations, {len(checked.problems)} others"
    terminalreporter.write_line(f"\nvendor's definition: {told}; {known}")
