"""Every cell of the table of states, asked over HTTP."""

import pytest

from chargify_simulator.states import TABLE, Op, Shape, State, Yes
from chargify_simulator.texts import TEXTS

CALLS = {
    Op.CANCEL: ("DELETE", ".json", None),
    Op.DELAYED_CANCEL: ("POST", "/delayed_cancel.json", None),
    Op.UNDO_DELAYED_CANCEL: ("DELETE", "/delayed_cancel.json", None),
    Op.HOLD: ("POST", "/hold.json", None),
    Op.CHANGE_RESUME_DATE: ("PUT", "/hold.json", {"hold": {"automatically_resume_at": None}}),
    Op.RESUME: ("POST", "/resume.json", None),
    Op.REACTIVATE: ("PUT", "/reactivate.json", None),
    Op.RETRY: ("PUT", "/retry.json", None),
    Op.CANCEL_DUNNING: ("POST", "/cancel_dunning.json", None),
    Op.ACTIVATE: ("PUT", "/activate.json", None),
    Op.MIGRATE: ("POST", "/migrations.json", {"migration": {"product_handle": "pro"}}),
    Op.PREVIEW_MIGRATION: (
        "POST",
        "/migrations/preview.json",
        {"migration": {"product_handle": "pro"}},
    ),
    Op.CHANGE_PRODUCT: ("PUT", ".json", {"subscription": {"product_handle": "pro"}}),
    Op.DELAY_PRODUCT_CHANGE: (
        "PUT",
        ".json",
        {"subscription": {"product_handle": "pro", "product_change_delayed": True}},
    ),
    Op.SET_NEXT_BILLING: ("PUT", ".json", {"subscription": {"next_billing_at": "2050-01-01"}}),
    Op.OVERRIDE: ("PUT", "/override.json", {"subscription": {"cancellation_message": "x"}}),
    Op.ADD_COUPON: ("POST", "/add_coupon.json", {"codes": ["STACK5"]}),
    Op.REMOVE_COUPON: ("DELETE", "/remove_coupon.json?coupon_code=STACK7", None),
}
STATUS = {Shape.ERRORS: 422, Shape.ERROR: 422, Shape.NO_TEXT: 422, Shape.BASE: 400}


def body_of(text, shape):
    return {
        Shape.ERRORS: {"errors": [text]},
        Shape.ERROR: {"error": text},
        Shape.BASE: {"errors": {"base": [text]}},
        Shape.NO_TEXT: {"errors": []},
    }[shape]


def test_every_operation_has_a_cell_for_every_state():
    assert {op: set(row) for op, row in TABLE.items()} == {op: set(State) for op in Op}


@pytest.mark.parametrize("op", Op)
def test_an_operation_does_in_every_state_what_the_table_says(api, chargify, world, op):
    method, path, body = CALLS[op]
    for state, cell in TABLE[op].items():
        number = world.live(coupon_codes=["STACK7"])["id"]
        chargify.force(number, state=state)

        answer = api.request(method, f"/subscriptions/{number}{path}", json=body)

        after = chargify.subscription(number)["state"]
        told = f"{op} in {state}: {answer.status_code} {answer.text[:200]}"
        if isinstance(cell, Yes):
            assert answer.status_code in {200, 204}, told
            assert after in (cell.to or {state}), told
        else:
            text = TEXTS[cell.text].text if cell.text else ""
            assert answer.status_code == STATUS[cell.shape], told
            assert answer.json() == body_of(text, cell.shape), told
            assert after == state, told
