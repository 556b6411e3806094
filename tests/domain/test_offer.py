from clocks import START
from standfast.contract.actions import RefusalReason, Refused
from standfast.contract.records import CustomerBilling, CustomerRecord
from standfast.domain.offer import Biller, find_refusal
from standfast.domain.prompt import AttachedAction
from standfast.domain.visitor import BillingId, BillingIdSource

ACTION = AttachedAction("biller", "cancel")


def a_biller(refused: Refused | None) -> dict[str, Biller]:
    customer = CustomerRecord("c1", None, START, START)
    return {
        "biller": Biller(
            connector="biller",
            title="Biller",
            trait="biller_id",
            trouble=None,
            billing_id=BillingId("c1", BillingIdSource.TOKEN),
            malformed=None,
            billing=CustomerBilling(customer, ()),
            obstacle=lambda action, parameters, *, billing: refused,
            currency="USD",
            discount=lambda action, parameters, *, billing: None,
        )
    }


def test_what_is_done_already_is_not_offered_but_a_click_on_it_may_go_ahead():
    billers = a_biller(Refused(RefusalReason.ALREADY_DONE, "Canceled already."))

    offered = find_refusal([ACTION], billers)

    assert offered is not None
    assert offered.reason is RefusalReason.ALREADY_DONE
    assert find_refusal([ACTION], billers, may_be_done=True) is None


def test_any_other_obstacle_stops_the_click_too():
    billers = a_biller(Refused(RefusalReason.WRONG_STATE, "Past due."))

    refused = find_refusal([ACTION], billers, may_be_done=True)

    assert refused is not None
    assert refused.reason is RefusalReason.WRONG_STATE


def test_a_later_action_is_judged_after_one_that_is_done():
    billers = a_biller(Refused(RefusalReason.ALREADY_DONE, "Canceled already."))
    stranger = AttachedAction("stranger", "cancel")

    refused = find_refusal([ACTION, stranger], billers, may_be_done=True)

    assert refused is not None
    assert refused.reason is RefusalReason.CONNECTION_INACTIVE
