"""A transport to Coperniq's public REST API: one record a request, and a few more where a record has more.

What belongs here: which resource stands for which type, and what must be set up for it. What does not: HTTP (`calls`),
what a reply means (`replies`), how records look (a module for each resource), what to do about it (`deliver`).
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from assets.coperniq.limits import Limits, Unlimited
from assets.coperniq.replies import stayed
from assets.coperniq.rest import finding
from assets.coperniq.rest.assets import Assets
from assets.coperniq.rest.calls import Calls
from assets.coperniq.rest.contacts import Contacts
from assets.coperniq.rest.documents import Documents, Invoices, Quotes
from assets.coperniq.rest.replies import refuse
from assets.coperniq.rest.sites import Sites
from assets.coperniq.rest.tasks import Tasks
from assets.coperniq.wire import CONNECT_SECONDS, READ_SECONDS, Wire

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from assets.coperniq.replies import Reply
    from assets.coperniq.rest.resource import Data, Resource
    from assets.record_types import RecordType


READ_AND_WRITE = 2
"""The requests of an update."""


@dataclass(frozen=True, slots=True)
class Configured:
    """What only the company's settings in Coperniq can tell; None for what is not set.

    Attributes:
        work_order_template: The id of the template of work orders that tasks are made from, used by nothing else.
        catalog_item: The id of the catalogue item that invoices and quotes name for their amount.
    """

    work_order_template: int | None = None
    catalog_item: int | None = None


@dataclass
class RestClient:
    """A `Transport` to one company of Coperniq by its REST API.

    Args:
        url: The API's base.
        key: The API key; sent as `x-api-key` and shown nowhere.
        company_id: The company, for `data_lineage`; the API knows it by the key.
        configured: What is set up in Coperniq for this.
        timeouts: To connect, and between bytes of the answer; seconds.
        limits: Of the key.
    """

    url: str
    key: str = field(repr=False)
    company_id: int
    configured: Configured = field(default_factory=Configured)
    timeouts: tuple[float, float] = (CONNECT_SECONDS, READ_SECONDS)
    limits: Limits = field(default_factory=Unlimited)
    batch: int = field(default=1, init=False)

    def __post_init__(self) -> None:
        """Prepare the wire and the resources; sessions are opened when they are needed."""
        self.wire = Wire({"x-api-key": self.key.encode()}, self.limits, self.timeouts)
        calls = Calls(self.wire, self.url.rstrip("/"))
        self._resources: dict[str, tuple[Resource, ...]] = {
            "Contact": (Contacts(calls),),
            "Site": (Sites(calls),),
            "Asset": (Assets(calls),),
        }
        template, item = self.configured.work_order_template, self.configured.catalog_item
        if template is not None:
            self._resources["Task"] = (Tasks(calls, template),)
        if item is not None:
            self._resources["FinancialDocument"] = (Invoices(calls, item), Quotes(calls, item))

    @property
    def company(self) -> str:
        """The company that the records are in, as `data_lineage` names it."""
        return str(self.company_id)

    def close(self) -> None:
        """Close the sessions."""
        self.wire.close()

    def requests(self, record_type: RecordType) -> tuple[int, int]:
        """Return how many requests a record takes at most: one that is created, one that is updated."""
        return max(resource.most_requests for resource in self._resources[record_type.name]), READ_AND_WRITE

    def missing(self, record_type: RecordType) -> str | None:
        """Return why no record of a type can be sent, and what to do; None when they can."""
        name = record_type.name
        if name in self._resources:
            return None
        settings = {
            "Task": "COPERNIQ_REST_WORK_ORDER_TEMPLATE to the id of the work-order template to make them from",
            "FinancialDocument": "COPERNIQ_REST_CATALOG_ITEM to the id of the catalogue item of their one line",
        }
        if name in settings:
            return f"{record_type.plural} cannot be sent by Coperniq's REST API yet: set {settings[name]}; they wait."
        return (
            f"Coperniq's REST API has no endpoint for {record_type.plural}: "
            "set COPERNIQ_TRANSPORT=graphql to send them; they wait."
        )

    def problem(self, record_type: RecordType, data: Data) -> str | None:
        """Return why a record cannot be sent, and what to do, before any request; None when it can."""
        resource = self._meant(record_type, data)
        if resource is None:
            return f"type: {data.get('type')!r} is neither an invoice nor a quote: say which and send the fix file."
        return resource.problem(data)

    def begun(self, record_type: RecordType, node: Data, data: Data) -> bool:
        """Say whether a record is what a create has left that was broken off between its requests."""
        resource = self._meant(record_type, data)
        return resource is not None and resource.begun(node, data)

    def create(self, record_type: RecordType, inputs: Sequence[Data]) -> Reply:
        """Create a record."""
        (data,) = inputs
        resource = self._meant(record_type, data)
        if resource is None:
            return refuse("NO_KIND", "it is neither an invoice nor a quote", "type").reply
        return resource.create(data)

    def update(self, record_type: RecordType, ids: Sequence[str], inputs: Sequence[Data]) -> Reply:
        """Update a record; fields that the input leaves out stay as they are."""
        ((id_, data),) = zip(ids, inputs, strict=True)
        return self._owner(record_type, id_).update(id_, data)

    def delete(self, record_type: RecordType, ids: Sequence[str]) -> Reply:
        """Delete a record."""
        (id_,) = ids
        return self._owner(record_type, id_).delete(id_)

    def find(self, record_type: RecordType, where: dict[str, Any], after: str | None = None) -> Iterator[Reply]:
        """Yield replies; stops after a failure. `data["nodes"]` of each holds the records."""
        resources = self._resources.get(record_type.name)
        if resources is None:
            return iter([stayed("NOT_SET_UP", self.missing(record_type) or "")])
        if "ids" in where:
            return finding.by_ids(resources, where["ids"]) if where["ids"] else finding.nothing(resources[0])
        if "matches" in where:
            return finding.by_values(resources, where["matches"], where.get("createdSince"))
        return finding.every(resources, after)

    def _meant(self, record_type: RecordType, data: Data) -> Resource | None:
        """Return the resource that a record of a type becomes; a financial document tells by its own type."""
        resources = self._resources[record_type.name]
        for resource in resources:
            if not isinstance(resource, Documents) or resource.is_called(data.get("type")):
                return resource
        return None

    def _owner(self, record_type: RecordType, id_: str) -> Resource:
        """Return the resource that an id belongs to."""
        resources = self._resources[record_type.name]
        return next((one for one in resources if one.number(id_) is not None), resources[0])
