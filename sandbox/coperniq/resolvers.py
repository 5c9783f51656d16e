"""What each query and mutation of the contract does, attached to the schema by name.

The authority and the limits of a request are checked here. What is stored is `bulk`'s and `store`'s affair.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any, cast

from graphql import GraphQLError, GraphQLObjectType, GraphQLResolveInfo, GraphQLSchema

from sandbox.coperniq.bulk import Bulk, Receipt
from sandbox.coperniq.records import MAX_BATCH, Record, RecordType
from sandbox.coperniq.scalars import from_microseconds
from sandbox.coperniq.search import BadSearchError, cursor_of, parse_search

if TYPE_CHECKING:
    from sandbox.coperniq.store import Store

Payload = dict[str, object]
Resolver = Callable[..., Payload]


@dataclass(frozen=True, slots=True)
class Context:
    """Hold what a request may work on: the store, and the company that its key belongs to; and its number."""

    store: Store
    company_id: int
    request: int = 0


def refusal(code: str, message: str) -> GraphQLError:
    """Make the error that fails a whole request with this code."""
    return GraphQLError(message, extensions={"code": code})


def attach_resolvers(schema: GraphQLSchema, types: Iterable[RecordType]) -> None:
    """Give every query and mutation of the schema its resolver."""
    query = cast("GraphQLObjectType", schema.query_type)
    mutation = cast("GraphQLObjectType", schema.mutation_type)
    for record_type in types:
        query.fields[record_type.plural].resolve = _list_resolver(record_type)
        suffix = record_type.plural[0].upper() + record_type.plural[1:]
        mutation.fields[f"create{suffix}"].resolve = _create_resolver(record_type)
        mutation.fields[f"update{suffix}"].resolve = _update_resolver(record_type)
        mutation.fields[f"delete{suffix}"].resolve = _delete_resolver(record_type)


def _list_resolver(record_type: RecordType) -> Resolver:
    def resolve(_root: None, info: GraphQLResolveInfo, **arguments: Any) -> Payload:
        context = _authorised(info, arguments["companyId"])
        first = arguments["first"]
        try:
            search = parse_search(
                record_type, context.company_id, arguments.get("where"), first, arguments.get("after")
            )
        except BadSearchError as error:
            raise refusal("BAD_USER_INPUT", str(error)) from error
        found = context.store.find(search, first + 1)
        page = found[:first]
        return {
            "nodes": [_node(record) for record in page],
            "pageInfo": {"hasNextPage": len(found) > first, "endCursor": cursor_of(page[-1]) if page else None},
        }

    return resolve


def _create_resolver(record_type: RecordType) -> Resolver:
    def resolve(_root: None, info: GraphQLResolveInfo, **arguments: Any) -> Payload:
        bulk = _bulk(info, arguments)
        return _bulk_payload(bulk.create(record_type, arguments["input"]))

    return resolve


def _update_resolver(record_type: RecordType) -> Resolver:
    def resolve(_root: None, info: GraphQLResolveInfo, **arguments: Any) -> Payload:
        bulk = _bulk(info, arguments)
        if len(arguments["ids"]) != len(arguments["input"]):
            raise refusal("BAD_USER_INPUT", "ids and input must be of the same length")
        return _bulk_payload(bulk.update(record_type, arguments["ids"], arguments["input"]))

    return resolve


def _delete_resolver(record_type: RecordType) -> Resolver:
    def resolve(_root: None, info: GraphQLResolveInfo, **arguments: Any) -> Payload:
        bulk = _bulk(info, arguments)
        return _bulk_payload(bulk.delete(record_type, arguments["ids"]))

    return resolve


def _bulk(info: GraphQLResolveInfo, arguments: dict[str, Any]) -> Bulk:
    """Admit a mutation.

    The contract's list of codes has MAX_BATCH_EXCEEDED, but its rule says BAD_USER_INPUT for more than 100 inputs. The
    rule is what this server follows.
    """
    context = _authorised(info, arguments["companyId"])
    for name in ("ids", "input"):
        if len(arguments.get(name, ())) > MAX_BATCH:
            raise refusal("BAD_USER_INPUT", f"{name} takes at most {MAX_BATCH} entries")
    return Bulk(context.store, context.company_id, info.field_name, context.request)


def _authorised(info: GraphQLResolveInfo, company_id: int) -> Context:
    context = cast("Context", info.context)
    if company_id != context.company_id:
        raise refusal("FORBIDDEN", "this key does not give access to that company")
    return context


def _node(record: Record) -> Payload:
    return {
        "id": record.id,
        "companyId": record.company_id,
        "createdAt": from_microseconds(record.created_at),
        "updatedAt": from_microseconds(record.updated_at),
        **record.fields,
    }


def _bulk_payload(receipt: Receipt) -> Payload:
    return {
        "transactionId": receipt.transaction_id,
        "results": [
            {"index": index, "id": outcome.id, "userErrors": [asdict(error) for error in outcome.errors]}
            for index, outcome in enumerate(receipt.outcomes)
        ],
    }
