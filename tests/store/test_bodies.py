from standfast.bootstrap import build
from standfast.contract.records import CustomerBilling
from standfast.store.bodies import learn_types, unpacked


def test_every_type_is_learned_before_threads_convert_it():
    assert callable(build)  # imported: every room's types are there
    assert learn_types() > 50
    assert learn_types() > 50  # and again, as the framework's types come later

    body = {
        "customer": {
            "external_id": "1",
            "reference": None,
            "created_at": "2026-01-01T00:00:00Z",
            "updated_at": "2026-01-01T00:00:00Z",
        },
        "records": [],
    }
    assert unpacked(body, CustomerBilling).customer.external_id == "1"
