"""The operation documents against the contract: every one is valid, and asks for exactly the catalogue's fields."""

from __future__ import annotations

from pathlib import Path

import pytest
from graphql import (
    DocumentNode,
    FieldNode,
    GraphQLInputObjectType,
    OperationDefinitionNode,
    build_schema,
    is_non_null_type,
    parse,
    print_ast,
    validate,
)

from assets import catalogue
from assets.record_types import Kind, RecordType

ROOT = Path(__file__).resolve().parents[3]
SCHEMA = build_schema((ROOT / "sandbox" / "coperniq" / "schema.graphql").read_text(encoding="utf-8"))
FOLDER = ROOT / "assets" / "coperniq" / "operations"
RESULT = "{ transactionId results { index id userErrors { code message field } } }"
SCALARS = {
    Kind.EMAILS: "[String!]", Kind.PHONES: "[String!]", Kind.DATE: "Date", Kind.DATETIME: "DateTime",
    Kind.NUMBER: "Float", Kind.INTEGER: "Int", Kind.BOOLEAN: "Boolean", Kind.REFERENCE: "ID",
}  # fmt: skip

every_type = pytest.mark.parametrize("record_type", catalogue.TYPES, ids=lambda record_type: record_type.name)


def document(record_type: RecordType) -> DocumentNode:
    return parse((FOLDER / f"{record_type.slug}.graphql").read_text(encoding="utf-8"))


def operations(record_type: RecordType) -> dict[str, OperationDefinitionNode]:
    definitions = document(record_type).definitions
    named = [definition for definition in definitions if isinstance(definition, OperationDefinitionNode)]
    return {definition.name.value: definition for definition in named if definition.name}


def variables(operation: OperationDefinitionNode) -> dict[str, str]:
    return {v.variable.name.value: print_ast(v.type) for v in operation.variable_definitions}


def answer(operation: OperationDefinitionNode) -> FieldNode:
    (asked,) = operation.selection_set.selections
    assert isinstance(asked, FieldNode)
    assert asked.alias is not None
    assert asked.alias.value == "answer"
    return asked


def selected(asked: FieldNode) -> dict[str, FieldNode]:
    assert asked.selection_set is not None
    return {field.name.value: field for field in asked.selection_set.selections if isinstance(field, FieldNode)}


def test_there_is_one_document_for_each_type() -> None:
    assert {path.name for path in FOLDER.iterdir()} == {
        f"{record_type.slug}.graphql" for record_type in catalogue.TYPES
    }


@every_type
def test_a_document_is_valid_against_the_contract(record_type: RecordType) -> None:
    assert validate(SCHEMA, document(record_type)) == []
    assert set(operations(record_type)) == {"Create", "Update", "Delete", "Find"}


@every_type
def test_variables_have_the_contracts_types(record_type: RecordType) -> None:
    inputs = f"[{record_type.name}Input!]!"
    assert {name: variables(operation) for name, operation in operations(record_type).items()} == {
        "Create": {"companyId": "Int!", "input": inputs},
        "Update": {"companyId": "Int!", "ids": "[ID!]!", "input": inputs},
        "Delete": {"companyId": "Int!", "ids": "[ID!]!"},
        "Find": {"companyId": "Int!", "where": "RecordWhere", "after": "String"},
    }


@every_type
def test_mutations_are_the_types_own_and_ask_for_every_result(record_type: RecordType) -> None:
    for name, operation in operations(record_type).items():
        if name != "Find":
            asked = answer(operation)
            assert asked.name.value == f"{name.lower()}{record_type.plural}"
            assert asked.selection_set is not None
            assert " ".join(print_ast(asked.selection_set).split()) == RESULT


@every_type
def test_a_query_asks_for_the_catalogues_fields_and_for_full_pages(record_type: RecordType) -> None:
    asked = answer(operations(record_type)["Find"])
    first = next(argument for argument in asked.arguments if argument.name.value == "first")
    members = selected(asked)
    assert print_ast(first.value) == "100"
    assert set(selected(members["nodes"])) == {"id", "createdAt", *(field.name for field in record_type.fields)}
    assert set(selected(members["pageInfo"])) == {"hasNextPage", "endCursor"}


@every_type
def test_the_catalogue_has_the_contracts_fields(record_type: RecordType) -> None:
    made = SCHEMA.type_map[f"{record_type.name}Input"]
    assert isinstance(made, GraphQLInputObjectType)
    assert [field.name for field in record_type.fields] == list(made.fields)
    for field in record_type.fields:
        given = made.fields[field.name].type
        assert is_non_null_type(given) == field.required, field.name
        opaque = field.kind is Kind.TEXT and field.name.endswith("Id")
        assert str(given).removesuffix("!") == ("ID" if opaque else SCALARS.get(field.kind, "String")), field.name
