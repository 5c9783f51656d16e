"""A small client of the GraphQL contract, written from its SDL alone: what the contract tests speak through.

It shares nothing with the server but the SDL, so that the same tests can be pointed at another endpoint.
"""

from __future__ import annotations

import itertools
import uuid
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

import requests
from graphql import GraphQLInputObjectType, GraphQLObjectType, build_schema, is_non_null_type

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

SDL = Path(__file__).resolve().parents[3] / "sandbox" / "coperniq" / "schema.graphql"
SCHEMA = build_schema(SDL.read_text(encoding="utf-8"))
PLURALS = {
    "Contact": "contacts",
    "Site": "sites",
    "Asset": "assets",
    "Task": "tasks",
    "System": "systems",
    "ServicePlanInstance": "servicePlanInstances",
    "FinancialDocument": "financialDocuments",
}
TYPES = list(PLURALS)
_RESULT = "{ transactionId results { index id userErrors { code message field } } }"

Fields = dict[str, Any]


def unique(text: str = "value") -> str:
    """Make a text that no record of the company holds."""
    return f"{text} {uuid.uuid4()}"


def input_fields(record_type: str) -> dict[str, str]:
    """Give the fields of a type's input with their GraphQL types, as the SDL writes them."""
    fields = cast("GraphQLInputObjectType", SCHEMA.type_map[f"{record_type}Input"]).fields
    return {name: str(field.type) for name, field in fields.items()}


def required_fields(record_type: str) -> list[str]:
    """Give the names of the fields that a type's input must have."""
    fields = cast("GraphQLInputObjectType", SCHEMA.type_map[f"{record_type}Input"]).fields
    return [name for name, field in fields.items() if is_non_null_type(field.type)]


def comparable(record_type: str, fields: Fields) -> Fields:
    """Make moments of the DateTimes: the contract does not say in which of its forms one comes back."""
    types = input_fields(record_type)
    return {name: moment(value) if value and types.get(name) == "DateTime" else value for name, value in fields.items()}


def moment(value: str) -> datetime:
    """Read a DateTime; without an offset it is UTC."""
    parsed = datetime.fromisoformat(value)
    return parsed if parsed.tzinfo else parsed.replace(tzinfo=UTC)


@dataclass(frozen=True)
class Reply:
    """Hold what came back: the HTTP response, and its body's `data` and `errors`."""

    response: requests.Response
    data: Any
    errors: list[dict[str, Any]]

    @property
    def codes(self) -> list[str]:
        """Give the codes of the errors."""
        return [error["extensions"]["code"] for error in self.errors]


@dataclass
class ContractClient:
    """Speak to an endpoint with one key."""

    url: str
    key: str
    company_id: int
    session: requests.Session = field(default_factory=requests.Session)

    def post(self, query: str, variables: Fields | None = None, **members: object) -> Reply:
        """Send an operation as it is."""
        body = {"query": query, "variables": variables, **members}
        headers = {"Authorization": f"Bearer {self.key}"}
        response = self.session.post(self.url, json=body, headers=headers, timeout=30)
        content = response.json()
        return Reply(response, content.get("data"), content.get("errors", []))

    def send(self, verb: str, record_type: str, **arguments: Any) -> Reply:
        """Send a bulk mutation: `create`, `update` or `delete`."""
        name = verb + PLURALS[record_type][0].upper() + PLURALS[record_type][1:]
        types = {"ids": "[ID!]!", "input": f"[{record_type}Input!]!"}
        declared = "".join(f", ${argument}: {types[argument]}" for argument in arguments)
        passed = "".join(f", {argument}: ${argument}" for argument in arguments)
        return self.post(
            f"mutation Send($companyId: Int!{declared}) {{ payload: {name}(companyId: $companyId{passed}) {_RESULT} }}",
            {"companyId": self.company_id, **arguments},
        )

    def results(self, verb: str, record_type: str, **arguments: Any) -> list[Fields]:
        """Send a bulk mutation that is carried out; give its results in the order of the inputs."""
        reply = self.send(verb, record_type, **arguments)
        assert reply.errors == []
        results = sorted(reply.data["payload"]["results"], key=lambda result: result["index"])
        expected = len(arguments["input" if "input" in arguments else "ids"])
        assert [result["index"] for result in results] == list(range(expected))
        assert all((result["id"] is None) == bool(result["userErrors"]) for result in results)
        return results

    def create(self, record_type: str, *inputs: Fields) -> list[str]:
        """Create records that must be taken; give their ids."""
        results = self.results("create", record_type, input=list(inputs))
        assert [result["userErrors"] for result in results] == [[] for _ in inputs]
        return [result["id"] for result in results]

    def refusals(self, verb: str, record_type: str, **arguments: Any) -> list[tuple[str, str | None]]:
        """Send a bulk mutation of one input; give code and field of its user errors."""
        (result,) = self.results(verb, record_type, **arguments)
        return [(error["code"], error["field"]) for error in result["userErrors"]]

    def page(self, record_type: str, **arguments: Any) -> Reply:
        """Ask for a page with every field."""
        types = {"where": "RecordWhere", "first": "Int!", "after": "String"}
        declared = "".join(f", ${argument}: {types[argument]}" for argument in arguments)
        passed = "".join(f", {argument}: ${argument}" for argument in arguments)
        fields = " ".join(cast("GraphQLObjectType", SCHEMA.type_map[record_type]).fields)
        return self.post(
            f"query Find($companyId: Int!{declared}) {{ page: {PLURALS[record_type]}(companyId: $companyId{passed}) "
            f"{{ nodes {{ {fields} }} pageInfo {{ hasNextPage endCursor }} }} }}",
            {"companyId": self.company_id, **arguments},
        )

    def pages(self, record_type: str, where: Fields, first: int = 100) -> Iterator[list[Fields]]:
        """Follow the pages of a search to its end; no record may come twice."""
        after: Fields = {}
        seen: set[str] = set()
        while True:
            reply = self.page(record_type, where=where, first=first, **after)
            assert reply.errors == []
            page = reply.data["page"]
            assert page["nodes"] or not page["pageInfo"]["hasNextPage"]
            assert seen.isdisjoint(node["id"] for node in page["nodes"])
            seen.update(node["id"] for node in page["nodes"])
            yield page["nodes"]
            if not page["pageInfo"]["hasNextPage"]:
                return
            after = {"after": page["pageInfo"]["endCursor"]}

    def find(self, record_type: str, **where: Any) -> list[Fields]:
        """Give every record that a `where` finds."""
        return list(itertools.chain.from_iterable(self.pages(record_type, where)))

    def match(self, record_type: str, *alternatives: dict[str, str]) -> list[str]:
        """Give the ids of the records that hold all pairs of any alternative."""
        matches = [[{"field": name, "value": value} for name, value in pairs.items()] for pairs in alternatives]
        return [record["id"] for record in self.find(record_type, matches=matches)]

    def get(self, record_type: str, id_: str) -> Fields:
        """Give the record of this id."""
        (record,) = self.find(record_type, ids=[id_])
        return record

    def sample(self, record_type: str, **changes: object) -> Fields:
        """Make an input with every field filled and its parents stored."""
        return {**_SAMPLES[record_type](self), **changes}


_SAMPLES: dict[str, Callable[[ContractClient], Fields]] = {
    "Contact": lambda _: {
        "name": unique("Zoë O'Brien"),
        "emails": [f"{uuid.uuid4().hex}@example.com", "office@mail.example.co.uk"],
        "phones": [f"+1{uuid.uuid4().int % 10**10:010}"],
        "title": "Owner",
        "status": "active",
        "source": "import",
    },
    "Site": lambda client: {
        "fullAddress": unique("12 Main St, Springfield, IL 62701"),
        "street": "12 Main St",
        "city": "Springfield",
        "state": "IL",
        "zipcode": "02701",
        "clientId": client.create("Contact", client.sample("Contact"))[0],
        "timezone": "America/Chicago",
    },
    "Asset": lambda client: {
        "name": unique("RTU-1"),
        "type": "HVAC",
        "manufacturer": "Carrier",
        "model": "48TC",
        "serialNumber": unique("SN"),
        "size": "5 ton",
        "installDate": "2020-02-29",
        "siteId": client.create("Site", client.sample("Site"))[0],
    },
    "Task": lambda client: {
        "title": unique("Spring maintenance"),
        "description": "Filters, belts\nand coils",
        "status": "open",
        "priority": "high",
        "startDate": "2024-05-01T08:30:00Z",
        "endDate": "2024-05-01T10:00:00Z",
        "isField": True,
        "assigneeId": "user 7",
        "assetId": client.create("Asset", client.sample("Asset"))[0],
        "siteId": client.create("Site", client.sample("Site"))[0],
    },
    "System": lambda client: {
        "name": unique("Rooftop PV"),
        "size": 7.25,
        "status": "operational",
        "installedAt": "2021-06-01T00:00:00Z",
        "operationalAt": "2021-07-01T12:00:00Z",
        "monitored": False,
        "projectId": "project 9",
        "siteId": client.create("Site", client.sample("Site"))[0],
    },
    "ServicePlanInstance": lambda client: {
        "servicePlanId": unique("plan"),
        "clientId": client.create("Contact", client.sample("Contact"))[0],
        "startDate": "2024-01-01",
        "endDate": "2024-12-31",
        "durationMonths": 12,
        "totalPrice": 1299.5,
        "status": "active",
    },
    "FinancialDocument": lambda client: {
        "title": unique("Invoice"),
        "type": "invoice",
        "status": "paid",
        "amount": -12.25,
        "issueDate": "2024-03-01",
        "dueDate": "2024-03-31",
        "recordId": "anything",
        "clientId": client.create("Contact", client.sample("Contact"))[0],
    },
}
