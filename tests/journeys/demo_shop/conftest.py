"""One demo for each file; within a file each customer is somebody else's to change."""

from collections.abc import Iterator

import pytest
from playwright.sync_api import Page

from journeys.demo_shop.stage import Customer, Demo, running_demo


@pytest.fixture(scope="module")
def demo(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Demo]:
    with running_demo(tmp_path_factory.mktemp("demo")) as demo:
        yield demo


@pytest.fixture
def customer(demo: Demo, page: Page) -> Customer:
    return Customer(demo, page)
