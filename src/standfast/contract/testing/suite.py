"""The suite every connector passes.

A connector's author writes a `ConnectorRig` and a class:

    class TestMyConnector(ConnectorSuite):
        @pytest.fixture
        def rig(self) -> ConnectorRig: ...

The rig has a billing system of its own (a simulator, a sandbox) and knows its truth. Each test
asks the rig for an order that will succeed, lets it meet some trouble, and compares what the
connector says with what the billing system did.
"""

from collections.abc import Iterator, Mapping
from dataclasses import replace
from enum import StrEnum
from typing import Protocol

from standfast.contract.actions import (
    Absent,
    Finding,
    Obscure,
    Order,
    Outcome,
    Preview,
    RefusalReason,
    Refused,
    RetryCause,
    RetryLater,
    Succeeded,
    Undoing,
    Unknown,
)
from standfast.contract.catalogue import KIND_OF
from standfast.contract.connector import Connector
from standfast.contract.errors import CallFailed, SettingsRefused, StandfastError
from standfast.contract.testing.desk import RecordingDesk
from standfast.contract.testing.hearing import HearingSuite
from standfast.contract.testing.specs import SpecSuite
from standfast.contract.testing.spreading import SpreadSuite
from standfast.contract.transport import Transport


class Trouble(StrEnum):
    """What the next write meets."""

    NOT_REACHED = "not_reached"
    """It cannot be sent."""
    LOST_BEFORE = "lost_before"
    """The connection breaks after sending; nothing is done."""
    LOST_AFTER = "lost_after"
    """It is done, then the connection breaks."""
    CREDENTIALS_REFUSED = "credentials_refused"
    """Answered with 401."""
    THROTTLED = "throttled"
    """Answered with 429."""
    FAILED_BEFORE = "failed_before"
    """Answered with a 500 in HTML; nothing is done."""
    FAILED_AFTER = "failed_after"
    """It is done, then answered with a 500 in HTML."""
    CONFLICT = "conflict"
    """Answered with 409; nothing is done."""
    UNREADABLE = "unreadable"
    """It is done, then answered with 200 and a body nobody can read."""


class ConnectorRig(Protocol):
    """A connector with a billing system to try it on."""

    connector: Connector
    settings: Mapping[str, str]
    """Settings that work."""
    simulators: tuple[str, ...]
    wrong_settings: Mapping[str, tuple[str, ...]]
    """Per setting, values that cannot be one."""
    malformed_billing_ids: tuple[str, ...]
    unknown_billing_id: str

    def transport(self, trouble: Trouble | None = None) -> Transport:
        """A way to the billing system on which the next write meets this trouble."""
        ...

    def transport_with_wrong_key(self) -> Transport: ...

    def transport_to_nowhere(self) -> Transport:
        """The billing system is down."""
        ...

    def order(self, action: str) -> Order:
        """Something this action can do now, for a customer made for it."""
        ...

    def effects(self, order: Order) -> int:
        """How often the billing system has done what this order wants: the truth."""
        ...

    def standing(self, order: Order) -> object:
        """What the customer has, as far as taking the order back brings it back."""
        ...


class ConnectorSuite(SpecSuite, SpreadSuite, HearingSuite):
    """What the contract promises, connector by connector."""

    def test_a_wrong_setting_is_refused_on_its_field(self, rig: ConnectorRig) -> None:
        for field, values in rig.wrong_settings.items():
            for value in values:
                fields = self._refused_fields(rig, {**rig.settings, field: value})
                assert set(fields) == {field}, value
                spec = next(one for one in rig.connector.spec.settings if one.key == field)
                assert not (spec.secret and value.strip() and value in fields[field])

    def test_good_settings_lead_to_an_address_that_shows_no_secret(self, rig: ConnectorRig) -> None:
        address = rig.connector.address(rig.settings, simulators=rig.simulators)

        assert address.base_url.startswith(("https://", "http://"))
        assert not address.base_url.endswith("/")
        assert not self._shows_secret(rig, f"{address!r}{address}{rig.connector!r}")

    def test_a_check_reads_the_site(self, rig: ConnectorRig) -> None:
        facts = rig.connector.check(rig.transport())

        assert facts.site_id
        assert len(facts.currency) == 3

    def test_a_key_nobody_knows_is_refused_on_a_secret_field(self, rig: ConnectorRig) -> None:
        secrets = {one.key for one in rig.connector.spec.settings if one.secret}

        failure = self._failed_check(rig, rig.transport_with_wrong_key())

        assert isinstance(failure, SettingsRefused)
        assert failure.fields.keys() <= secrets
        assert not self._shows_secret(rig, f"{failure!r}{failure}")

    def test_a_site_that_is_down_is_not_the_operators_fault(self, rig: ConnectorRig) -> None:
        failure = self._failed_check(rig, rig.transport_to_nowhere())

        assert isinstance(failure, CallFailed)
        assert not self._shows_secret(rig, f"{failure!r}{failure}")

    def test_the_catalogue_is_read(self, rig: ConnectorRig) -> None:
        items = list(rig.connector.catalogue(rig.transport()))

        assert items
        keys = [(KIND_OF[type(one)], one.external_id) for one in items]
        assert len(set(keys)) == len(keys)

    def test_every_record_belongs_to_a_customer(self, rig: ConnectorRig) -> None:
        orders = dict(self._orders(rig))
        customers = {one.external_id for one in rig.connector.customers(rig.transport())}
        records = list(rig.connector.records(rig.transport()))

        assert orders
        assert records
        assert {one.customer_external_id for one in records} <= customers
        assert all(one.created_at.tzinfo and one.updated_at.tzinfo for one in records)

    def test_what_is_ordered_is_done_once_and_told(self, rig: ConnectorRig) -> None:
        for action, order in self._orders(rig):
            outcome, desk = self._perform(rig, order, rig.transport())

            assert isinstance(outcome, Succeeded), (action, outcome)
            assert outcome.reference, action
            assert not outcome.already, action
            assert rig.effects(order) == 1, action
            assert len(desk.written) == 1, action
            assert desk.billings, action
            found = self._look_up(rig, order, desk)
            assert isinstance(found, Succeeded), (action, found)
            assert found.reference == outcome.reference, action
            assert found.charged == outcome.charged, action

    def test_what_was_done_before_is_a_success_and_done_no_more(self, rig: ConnectorRig) -> None:
        for action, order in self._orders(rig):
            desk = self._perform(rig, order, rig.transport())[1]
            again = replace(self._next(order, desk), token=f"{order.token}-2")

            outcome, desk = self._perform(rig, again, rig.transport())

            assert isinstance(outcome, Succeeded), (action, outcome)
            assert outcome.already, action
            assert desk.written == [], action
            assert rig.effects(order) == 1, action

    def test_what_happened_unseen_is_unknown_and_then_found(self, rig: ConnectorRig) -> None:
        for trouble in (Trouble.LOST_AFTER, Trouble.FAILED_AFTER):
            for action, order in self._orders(rig):
                outcome, desk = self._perform(rig, order, rig.transport(trouble))

                assert isinstance(outcome, Unknown), (action, trouble, outcome)
                assert rig.effects(order) == 1, action
                found = self._look_up(rig, order, desk)
                assert isinstance(found, Succeeded), (action, trouble, found)

    def test_what_did_not_happen_unseen_is_unknown_and_then_absent(self, rig: ConnectorRig) -> None:
        for trouble in (Trouble.LOST_BEFORE, Trouble.FAILED_BEFORE, Trouble.CONFLICT):
            for action, order in self._orders(rig):
                outcome, desk = self._perform(rig, order, rig.transport(trouble))

                assert isinstance(outcome, Unknown), (action, trouble, outcome)
                assert rig.effects(order) == 0, action
                found = self._look_up(rig, order, desk)
                assert isinstance(found, Absent), (action, trouble, found)

    def test_a_yes_nobody_can_read_is_no_plain_success(self, rig: ConnectorRig) -> None:
        """A success is allowed only to a connector that read the truth back."""
        for action, order in self._orders(rig):
            outcome, desk = self._perform(rig, order, rig.transport(Trouble.UNREADABLE))

            assert isinstance(outcome, Unknown) or desk.billings, (action, outcome)
            assert rig.effects(order) == 1, action
            assert isinstance(self._look_up(rig, order, desk), Succeeded), action

    def test_a_repeat_under_the_same_token_does_nothing_twice(self, rig: ConnectorRig) -> None:
        for trouble in (None, Trouble.LOST_BEFORE, Trouble.LOST_AFTER, Trouble.FAILED_AFTER):
            for action, order in self._orders(rig):
                desk = self._perform(rig, order, rig.transport(trouble))[1]

                again = self._next(order, desk)
                outcome = self._perform(rig, again, rig.transport())[0]

                assert isinstance(outcome, Succeeded | Unknown), (action, trouble, outcome)
                assert rig.effects(order) == 1, (action, trouble)

    def test_what_surely_did_not_happen_is_tried_later(self, rig: ConnectorRig) -> None:
        causes = {
            Trouble.NOT_REACHED: RetryCause.NOT_REACHED,
            Trouble.CREDENTIALS_REFUSED: RetryCause.CREDENTIALS_REFUSED,
            Trouble.THROTTLED: RetryCause.THROTTLED,
        }
        for trouble, cause in causes.items():
            for action, order in self._orders(rig):
                outcome = self._perform(rig, order, rig.transport(trouble))[0]

                assert isinstance(outcome, RetryLater), (action, trouble, outcome)
                assert outcome.cause is cause, (action, outcome)
                assert rig.effects(order) == 0, action

    def test_a_site_that_is_down_harms_nothing(self, rig: ConnectorRig) -> None:
        for action, order in self._orders(rig):
            outcome, desk = self._perform(rig, order, rig.transport_to_nowhere())
            found = self._find(rig, replace(order, target="1"), rig.transport_to_nowhere())

            assert isinstance(outcome, RetryLater), (action, outcome)
            assert desk.written == [], action
            assert isinstance(found, Obscure), (action, found)

    def test_a_customer_nobody_knows_is_refused_before_any_write(self, rig: ConnectorRig) -> None:
        reasons = dict.fromkeys(rig.malformed_billing_ids, RefusalReason.BILLING_ID_MALFORMED)
        reasons[rig.unknown_billing_id] = RefusalReason.BILLING_ID_UNMATCHED
        for action, order in self._orders(rig):
            for billing_id, reason in reasons.items():
                stranger = replace(order, billing_id=billing_id)
                outcome, desk = self._perform(rig, stranger, rig.transport())

                assert isinstance(outcome, Refused), (action, billing_id, outcome)
                assert outcome.reason is reason, (action, billing_id)
                assert desk.written == [], action

    def test_the_customer_behind_an_id_is_read_or_is_none(self, rig: ConnectorRig) -> None:
        connector, transport = rig.connector, rig.transport()
        for action, order in self._orders(rig):
            found = connector.read_customer(transport, rig.settings, order.billing_id)
            assert found is not None, action
        unknown = connector.read_customer(transport, rig.settings, rig.unknown_billing_id)
        assert unknown is None
        for billing_id in rig.malformed_billing_ids:
            assert connector.malformed_billing_id(rig.settings, billing_id), billing_id

    def test_what_is_taken_back_is_as_it_was(self, rig: ConnectorRig) -> None:
        """An undo is a run of its own, on the subscription that was changed."""
        for action, order in self._orders(rig):
            before = rig.standing(order)
            outcome, desk = self._perform(rig, order, rig.transport())
            assert isinstance(outcome, Succeeded), (action, outcome)
            undoing = self._undoing(rig, order, desk, outcome)
            if undoing is None:
                continue
            undo = Order(
                undoing.action,
                undoing.parameters,
                order.billing_id,
                order.user_id,
                reference=f"{order.reference}-undo",
                token=f"{order.token}-undo",
                target=undoing.target,
                clicked_at=order.clicked_at,
            )

            undone = self._perform(rig, undo, rig.transport())[0]

            assert isinstance(undone, Succeeded), (action, undone)
            assert rig.standing(order) == before, action

    def _undoing(
        self, rig: ConnectorRig, order: Order, desk: RecordingDesk, outcome: Succeeded
    ) -> Undoing | None:
        """As the spec declares it, or None when it declares none."""
        spec = rig.connector.spec.action(order.action)
        assert spec is not None
        declared = spec.undo_for(order.parameters)
        found = rig.connector.undo_of(self._next(order, desk), reference=outcome.reference)
        if declared is None:
            assert isinstance(found, Refused), order.action
            return None
        assert isinstance(found, Undoing), (order.action, found)
        assert found.action == declared.action, order.action
        return found

    def test_a_preview_changes_nothing(self, rig: ConnectorRig) -> None:
        for action, order in self._orders(rig):
            spec = rig.connector.spec.action(action)
            reading = RecordingDesk(rig.transport()).transport

            told = rig.connector.preview(order, reading, rig.settings)

            assert isinstance(told, Preview) is (spec is not None and spec.has_preview), action
            assert rig.effects(order) == 0, action

    def test_a_webhook_nobody_signed_is_none(self, rig: ConnectorRig) -> None:
        body = b"id=1&event=test"
        for headers in ({}, {"x-signature": "forged"}):
            assert rig.connector.notice(headers, body, rig.settings) is None

    def test_no_secret_shows_in_what_is_journalled_or_said(self, rig: ConnectorRig) -> None:
        for trouble in (None, *Trouble):
            for action, order in self._orders(rig):
                outcome, desk = self._perform(rig, order, rig.transport(trouble))
                found = self._look_up(rig, order, desk)
                shown = f"{outcome!r}{found!r}{desk.written!r}{desk.billings!r}"
                assert not self._shows_secret(rig, shown), (action, trouble)

    def _orders(self, rig: ConnectorRig) -> Iterator[tuple[str, Order]]:
        for action in rig.connector.spec.actions:
            yield action.key, rig.order(action.key)

    def _perform(
        self, rig: ConnectorRig, order: Order, transport: Transport
    ) -> tuple[Outcome, RecordingDesk]:
        desk = RecordingDesk(transport)
        return rig.connector.perform(order, desk, rig.settings), desk

    def _look_up(self, rig: ConnectorRig, order: Order, desk: RecordingDesk) -> Finding:
        return self._find(rig, self._next(order, desk), rig.transport())

    def _next(self, order: Order, desk: RecordingDesk) -> Order:
        """The order as the ledger gives it in the next try."""
        return replace(order, target=desk.target or order.target, memo=order.memo or desk.memo)

    def _find(self, rig: ConnectorRig, order: Order, transport: Transport) -> Finding:
        reading = RecordingDesk(transport).transport
        return rig.connector.look_up(order, reading, rig.settings)

    def _failed_check(self, rig: ConnectorRig, transport: Transport) -> StandfastError | None:
        try:
            rig.connector.check(transport)
        except StandfastError as failure:
            return failure
        return None

    def _refused_fields(self, rig: ConnectorRig, settings: Mapping[str, str]) -> dict[str, str]:
        try:
            rig.connector.address(settings, simulators=rig.simulators)
        except SettingsRefused as refused:
            return refused.fields
        return {}

    def _shows_secret(self, rig: ConnectorRig, text: str) -> bool:
        names = [one.key for one in rig.connector.spec.settings if one.secret]
        secrets = [rig.settings[name] for name in names if rig.settings.get(name)]
        return any(secret in text for secret in secrets)
