"""What runs are given: the transport that the settings name, under the limits of its key."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import dagster as dg
import pytest

from assets.coperniq.client import CoperniqClient
from assets.coperniq.limits import Unlimited
from assets.coperniq.rest.client import Configured, RestClient
from orchestration import settings
from orchestration.resources import coperniq, limits

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

GIVEN = {
    "DATABASE_URL": "postgresql://user:password@127.0.0.1:1/nothing", "COPERNIQ_API_URL": "https://api.example.com/api",
    "COPERNIQ_API_KEY": "a-key", "COPERNIQ_COMPANY_ID": "112",
}  # fmt: skip


@pytest.fixture
def built(monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[..., Any]]:
    """Build the resources from settings; those that are not given are the defaults."""
    open_ = []

    def build(**given: str) -> Any:
        monkeypatch.setattr(settings, "read", lambda: GIVEN | given)
        open_.append(dg.build_resources({"limits": limits, "coperniq": coperniq}))
        return open_[-1].__enter__()

    yield build
    for resources in open_:
        resources.__exit__(None, None, None)


def test_graphql_is_spoken_unless_it_is_said_otherwise(built: Callable[..., Any]) -> None:
    client = built().coperniq
    assert isinstance(client, CoperniqClient)
    assert (client.url, client.company) == ("https://api.example.com/api", "112")


def test_rest_is_given_what_it_makes_records_from(built: Callable[..., Any]) -> None:
    client = built(COPERNIQ_TRANSPORT="rest", COPERNIQ_REST_WORK_ORDER_TEMPLATE="7").coperniq
    assert isinstance(client, RestClient)
    assert client.configured == Configured(work_order_template=7)


@pytest.mark.parametrize("transport", settings.TRANSPORTS)
def test_every_transport_keeps_the_limits_of_its_key(built: Callable[..., Any], transport: str) -> None:
    resources = built(COPERNIQ_TRANSPORT=transport, COPERNIQ_REQUESTS_PER_DAY="7")
    kept = resources.coperniq.limits
    assert kept is resources.limits
    assert (kept.key, kept.per_second, kept.per_day) == ("a-key", 100, 7)


def test_limits_of_nothing_ask_nobody(built: Callable[..., Any]) -> None:
    """No database answers at this URL."""
    none = built(COPERNIQ_REQUESTS_PER_SECOND="0", COPERNIQ_REQUESTS_PER_DAY="0").limits
    assert (none.take(), none.allowance()) == (None, Unlimited().allowance())
