from chargify_simulator.http import Answer, Request, answer
from chargify_simulator.routing import Route
from chargify_simulator.site import Site
from chargify_simulator.views import site_view


def read_site(site: Site, request: Request) -> Answer:
    del request
    return answer({"site": site_view(site)})


ROUTES = [Route("GET", "/site.json", read_site)]
