"""Random operations over random time, beside a small model of what may be."""

from datetime import timedelta

import msgspec
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import Bundle, RuleBasedStateMachine, initialize, invariant, rule

from chargify_simulator import snapshot
from chargify_simulator.fields import Fields
from chargify_simulator.http import Request
from chargify_simulator.operations import ROUTES
from chargify_simulator.refusals import Refusal
from chargify_simulator.rules.passing_time import let_time_pass
from chargify_simulator.settings import Settings
from chargify_simulator.states import TABLE, TICKS, State, Yes
from chargify_simulator.twin import Twin

BY_NAME = {f"{route.method} {route.path}": route for route in ROUTES}
SUB = "/subscriptions/{subscription}"
PLANS = ["free", "basic", "pro", "business", "backup", "onboarding", "class", "campus"]
CODES = ["WELCOME10", "SAVE20", "STAY30", "STACK5", "STACKFULL", "CREDIT", "NOPE"]
BOTH = st.booleans()


def legal_moves():
    """What the table of states allows, from the table alone."""
    by_op = {
        (state, to)
        for row in TABLE.values()
        for state, cell in row.items()
        if isinstance(cell, Yes)
        for to in cell.to or (state,)
    }
    by_time = {
        (state, to) for row in TICKS.values() for state, all_to in row.items() for to in all_to
    }
    # A new card on a past due subscription pays it, a declined first bill makes it past due.
    return by_op | by_time | {(State.AWAITING_SIGNUP, State.PAST_DUE)}


MOVES = legal_moves()


class AnyLife(RuleBasedStateMachine):
    subscriptions = Bundle("subscriptions")

    @initialize()
    def open_a_site(self):
        self.twin = Twin(Settings(), seed="lived-in")
        self.site = self.twin.site
        self.site.clock.frozen_at = self.site.clock.now()
        for old in list(self.site.subscriptions.values()):
            self.site.remove(self.site.subscriptions, old)
        self.seen = 0

    def call(self, name, body=None, query=None, **names):
        """The answer; a refusal must leave every record as it was."""
        let_time_pass(self.site)
        content = msgspec.json.encode(body) if body is not None else b""
        request = Request("", "", query=Fields(query or {}), body=content, names=names)
        request.parse_body()
        before = self.records()
        try:
            return BY_NAME[name].operation(self.site, request)
        except Refusal as refusal:
            if not name.endswith("/activate.json"):
                assert self.records() == before, f"{name} refused and changed something"
            return refusal.answer

    def records(self):
        site = self.site
        tables = (site.subscriptions, site.customers, site.payment_profiles, site.coupons)
        return msgspec.json.encode([list(table.values()) for table in tables])

    def on(self, number, method, operation, body=None):
        return self.call(f"{method} {SUB}{operation}.json", body, subscription=str(number))

    @rule(
        target=subscriptions,
        plan=st.sampled_from(PLANS),
        card=st.sampled_from("12"),
        code=st.none() | st.sampled_from(CODES[:-1]),
        waits=BOTH,
    )
    def sign_up(self, plan, card, code, waits):
        person = {"first_name": "A", "last_name": "B", "email": "a@example.com"}
        paper = {"full_number": card, "expiration_month": 12, "expiration_year": 2090}
        sent = {
            "product_handle": plan,
            "customer_attributes": person,
            "credit_card_attributes": paper,
        }
        if code:
            sent["coupon_codes"] = [code]
        if waits:
            begins = self.site.now + timedelta(days=9)
            sent["initial_billing_at"] = begins.isoformat()
        answer = self.call("POST /subscriptions.json", {"subscription": sent})
        if answer.status != 201:
            return 0
        return msgspec.json.decode(answer.body)["subscription"]["id"]

    @rule(days=st.sampled_from([0.1, 1, 7, 32, 100]))
    def let_days_pass(self, days):
        self.site.clock.offset += timedelta(days=days)
        let_time_pass(self.site)

    @rule(
        number=subscriptions,
        step=st.sampled_from(
            [
                ("DELETE", ""),
                ("POST", "/delayed_cancel"),
                ("DELETE", "/delayed_cancel"),
                ("POST", "/hold"),
                ("POST", "/resume"),
                ("PUT", "/retry"),
                ("POST", "/cancel_dunning"),
                ("PUT", "/activate"),
                ("DELETE", "/remove_coupon"),
            ]
        ),
    )
    def do(self, number, step):
        self.on(number, *step)

    @rule(number=subscriptions, trial=BOTH, keep=BOTH, resume=st.none() | BOTH)
    def reactivate(self, number, trial, keep, resume):
        wish = {"include_trial": trial, "preserve_balance": keep, "coupon_code": "SAVE20"}
        self.on(number, "PUT", "/reactivate", wish | ({} if resume is None else {"resume": resume}))

    @rule(number=subscriptions, plan=st.sampled_from(PLANS), keep=BOTH, trial=BOTH)
    def migrate(self, number, plan, keep, trial):
        wish = {"product_handle": plan, "preserve_period": keep, "include_trial": trial}
        self.on(number, "POST", "/migrations", {"migration": wish})

    @rule(number=subscriptions, plan=st.sampled_from(PLANS), later=BOTH)
    def change_plan(self, number, plan, later):
        wish = {"product_handle": plan, "product_change_delayed": later}
        self.on(number, "PUT", "", {"subscription": wish})

    @rule(number=subscriptions, card=st.sampled_from("123"))
    def change_card(self, number, card):
        paper = {"full_number": card, "expiration_month": 12, "expiration_year": 2090}
        self.on(number, "PUT", "", {"subscription": {"credit_card_attributes": paper}})

    @rule(number=subscriptions, days=st.sampled_from([-1, 3, 40]))
    def move_billing_date(self, number, days):
        at = (self.site.now + timedelta(days=days)).isoformat()
        self.on(number, "PUT", "", {"subscription": {"next_billing_at": at}})

    @rule(number=subscriptions, codes=st.lists(st.sampled_from(CODES), min_size=1, max_size=2))
    def add_coupons(self, number, codes):
        self.on(number, "POST", "/add_coupon", {"codes": codes})

    @rule()
    def go_through_a_snapshot(self):
        """Nothing is lost on the way, also not what is still to come."""
        before = msgspec.json.encode(snapshot.take(self.site))
        state = msgspec.json.decode(before, type=snapshot.SiteState)
        self.twin.restore(state, self.twin.first)
        self.site = self.twin.site
        again = msgspec.json.encode(snapshot.take(self.site))
        assert msgspec.json.decode(again, type=snapshot.SiteState) == state

    @invariant()
    def money_adds_up(self):
        for each in self.site.subscriptions.values():
            told = each.charged_in_cents - each.total_revenue_in_cents - each.forgiven_in_cents
            assert told == each.balance_in_cents - each.credit_balance_in_cents, each
            assert each.credit_balance_in_cents >= 0
            assert each.total_revenue_in_cents >= 0

    @invariant()
    def payments_are_told(self):
        """What was earned is what the events of payments say."""
        paid = {}
        for event in self.site.events:
            if event.key == "payment_success" and event.subscription_id:
                cents = _cents(event.message)
                paid[event.subscription_id] = paid.get(event.subscription_id, 0) + cents
        for each in self.site.subscriptions.values():
            assert each.total_revenue_in_cents == paid.get(each.id, 0)

    @invariant()
    def every_move_was_legal(self):
        for event in self.site.events[self.seen :]:
            if event.key == "subscription_state_change":
                moved = event.event_specific_data or {}
                pair = (moved["previous_subscription_state"], moved["new_subscription_state"])
                assert pair in MOVES, event.message
        self.seen = len(self.site.events)

    @invariant()
    def flags_fit_the_state(self):
        for each in self.site.subscriptions.values():
            assert each.state in set(State)
            assert (each.state == "canceled") <= (each.canceled_at is not None)
            assert (each.state == "on_hold") == (each.on_hold_at is not None)
            assert (each.state == "canceled") <= (not each.cancel_at_end_of_period)
            assert (each.next_product_id is None) == (each.next_price_point_id is None)


def _cents(message):
    amount = message.partition("$")[2].partition(" ")[0]
    return int(amount.replace(",", "").replace(".", ""))


AnyLife.TestCase.settings = settings(max_examples=15, stateful_step_count=25, deadline=None)
TestAnyLife = AnyLife.TestCase
