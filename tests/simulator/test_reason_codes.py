import pytest


def create(api, **fields):
    return api.post("/reason_codes.json", json={"reason_code": fields})


def test_a_reason_code_lives_from_creation_to_deletion(api):
    created = create(api, code="NEW", description="Something new")
    number = created.json()["reason_code"]["id"]
    path = f"/reason_codes/{number}.json"

    changed = api.put(path, json={"reason_code": {"description": "Better", "position": 1}})

    assert created.status_code == 201
    assert changed.json()["reason_code"]["description"] == "Better"
    assert api.get(path).json() == changed.json()
    assert api.delete(path).json() == {"ok": "ok"}
    assert api.get(path).status_code == 404


@pytest.mark.parametrize(
    ("fields", "texts"),
    [
        ({}, ["Code: cannot be blank.", "Description: cannot be blank."]),
        ({"code": "CH1", "description": "x"}, ["Code: This code is already in use."]),
    ],
)
def test_a_faulty_reason_code_is_refused(api, fields, texts):
    answer = create(api, **fields)

    assert (answer.status_code, answer.json()) == (422, {"errors": texts})


@pytest.mark.parametrize("page", [0, -1])
def test_a_page_below_one_is_refused(api, page):
    answer = api.get("/reason_codes.json", params={"page": page})

    assert (answer.status_code, answer.json()) == (422, {"errors": [f"invalid page: {page}"]})
