"""Plans, coupons and subscriptions are as the billing system has them, soon after a change."""

from journeys.rig import Rig, until


def test_a_sync_asked_for_while_one_is_under_way_is_done_after_it(rig: Rig) -> None:
    rig.sync()
    connection = rig.connect().id
    with rig.site.held("GET", "/products.json") as fault:
        rig.house.sync_connections.request(connection)
        rig.site.chargify.wait_until_held(fault)
        mark = rig.site.mark()
        rig.house.sync_connections.request(connection)

    until(
        lambda: "/products.json" in {one["path"] for one in rig.site.calls(since=mark)},
        "the second pass has begun",
    )
