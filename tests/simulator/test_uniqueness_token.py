from concurrent.futures import ThreadPoolExecutor

DUPLICATE = {"errors": ["DuplicatePrevention::DuplicateSubmissionError"]}


def create(api, token, **fields):
    sent = {"first_name": "A", "last_name": "B", "email": "a@example.com"} | fields
    return api.post("/customers.json", json={"customer": sent, "uniqueness_token": token})


def test_a_second_use_is_refused_and_does_nothing(api):
    first = create(api, "t-1", last_name="Once")

    second = create(api, "t-1", last_name="Once")

    assert first.status_code == 201
    assert (second.status_code, second.json()) == (409, DUPLICATE)
    assert len(api.get("/customers.json?q=Once").json()) == 1


def test_a_refused_first_try_burns_the_token_too(api):
    assert create(api, "t-1", first_name="").status_code == 422

    assert create(api, "t-1").status_code == 409


def test_a_token_is_good_again_after_its_hour(api, chargify):
    create(api, "t-1")
    chargify.move_clock(offset_seconds=59 * 60)
    assert create(api, "t-1").status_code == 409

    chargify.move_clock(offset_seconds=61 * 60)

    assert create(api, "t-1").status_code == 201


def test_a_second_use_is_refused_while_the_first_still_runs(api, chargify):
    fault = chargify.fault("POST", "/customers.json", "hold_before")
    with ThreadPoolExecutor() as pool:
        first = pool.submit(create, api, "t-1")
        chargify.wait_until_held(fault)

        second = create(api, "t-1")
        chargify.release(fault)

        assert second.status_code == 409
        assert first.result().status_code == 201


def test_a_request_that_never_arrived_leaves_its_token_unused(api, chargify):
    chargify.fault("POST", "/customers.json", "status", status=503)

    assert create(api, "t-1").status_code == 503
    assert create(api, "t-1").status_code == 201


def test_a_wrong_key_burns_no_token(api, chargify):
    chargify.settings(api_key="other")
    assert create(api, "t-1").status_code == 401
    chargify.settings(api_key=chargify.api_key)

    assert create(api, "t-1").status_code == 201
