"""The contract, `schema.graphql`, as an executable schema and as data.

The fields of the seven types are read from the SDL, so that they stand in one place. What the SDL cannot say is said
here: which fields refer to which type, and which ones are worth an index. What the operations do is `resolvers`'.
"""

from __future__ import annotations

from pathlib import Path
from typing import cast

from graphql import (
    GraphQLEnumType,
    GraphQLInputObjectType,
    GraphQLList,
    GraphQLObjectType,
    GraphQLScalarType,
    GraphQLSchema,
    build_schema,
    get_named_type,
    get_nullable_type,
    is_non_null_type,
)

from sandbox.coperniq.records import FieldType, RecordType
from sandbox.coperniq.scalars import parse_date, parse_datetime

SDL_PATH = Path(__file__).with_name("schema.graphql")

#: The fields that must hold the id of a stored record. `assigneeId`, `projectId`, `servicePlanId` and `recordId` name
#: things outside this contract and are taken as they come.
REFERENCES = {"clientId": "Contact", "siteId": "Site", "assetId": "Asset"}

#: The text fields that records are looked up by, beside the references.
NATURAL_KEYS = {
    "Contact": ("emails", "phones", "name"),
    "Site": ("fullAddress",),
    "Asset": ("serialNumber", "name"),
    "Task": ("title",),
    "System": ("name",),
    "ServicePlanInstance": (),
    "FinancialDocument": ("title",),
}


def load_schema() -> GraphQLSchema:
    """Build the contract's schema with its scalars, and without resolvers."""
    schema = build_schema(SDL_PATH.read_text(encoding="utf-8"))
    cast("GraphQLScalarType", schema.type_map["Date"]).parse_value = parse_date
    cast("GraphQLScalarType", schema.type_map["DateTime"]).parse_value = parse_datetime
    return schema


def record_types(schema: GraphQLSchema) -> dict[str, RecordType]:
    """Read the seven types from the schema, by name."""
    query = cast("GraphQLObjectType", schema.query_type)
    types: dict[str, RecordType] = {}
    for plural, field in query.fields.items():
        name = get_named_type(field.type).name.removesuffix("Connection")
        fields = _input_fields(cast("GraphQLInputObjectType", schema.type_map[f"{name}Input"]))
        references = {own: parent for own, parent in REFERENCES.items() if own in fields}
        types[name] = RecordType(name, plural, fields, references, (*NATURAL_KEYS[name], *references))
    return types


def _input_fields(input_type: GraphQLInputObjectType) -> dict[str, FieldType]:
    return {
        name: FieldType(
            scalar=cast("GraphQLScalarType | GraphQLEnumType", get_named_type(field.type)).name,
            required=is_non_null_type(field.type),
            is_list=isinstance(get_nullable_type(field.type), GraphQLList),
        )
        for name, field in input_type.fields.items()
    }
