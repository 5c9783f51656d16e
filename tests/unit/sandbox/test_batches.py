"""The short cuts for batches: they take what graphql-core takes, as graphql-core takes it, and refuse nothing."""

from __future__ import annotations

from typing import Any

import pytest
from graphql import ExecutionContext, GraphQLResolveInfo, execute_sync, parse
from hypothesis import given
from hypothesis import strategies as st

from sandbox.coperniq.batches import BatchContext, projection, read_batches
from sandbox.coperniq.contract import load_schema, record_types

SCHEMA = load_schema()
TYPES = record_types(SCHEMA)
_VALUES = st.one_of(
    st.none(), st.text(max_size=5), st.integers(), st.floats(), st.booleans(), st.just({}),
    st.lists(st.text(max_size=3), max_size=2),
    st.sampled_from(["2024-02-29", "2024-02-30", "2024-02-29T10:00:00+02:00", "2024-02-29T10"]),
)  # fmt: skip


def sent(record_type: str) -> st.SearchStrategy[Any]:
    """Make variables of a mutation: fitting ones often, others too."""
    fields = TYPES[record_type].fields
    fitting = {
        "String": st.text(max_size=5), "ID": st.one_of(st.text(max_size=5), st.integers()), "Int": st.integers(-5, 5),
        "Float": st.one_of(st.integers(-5, 5), st.floats(allow_nan=False)), "Boolean": st.booleans(),
        "Date": st.just("2024-02-29"), "DateTime": st.just("2024-02-29T10:00:00+02:00"),
    }  # fmt: skip
    good = {
        name: st.lists(fitting[field.scalar], max_size=2) if field.is_list else fitting[field.scalar]
        for name, field in fields.items()
    }
    required = {name: good[name] for name, field in fields.items() if field.required}
    optional = {name: st.one_of(st.none(), good[name]) for name in good.keys() - required.keys()}
    record = st.fixed_dictionaries(required, optional=optional)
    spoilt = st.builds(lambda one, name, value: {**one, name: value}, record, st.sampled_from([*fields, "x"]), _VALUES)
    return st.one_of(st.lists(record, max_size=3), st.lists(st.one_of(record, spoilt, _VALUES), max_size=3), _VALUES)


@pytest.mark.parametrize("record_type", list(TYPES))
@given(data=st.data())
def test_inputs_are_what_graphql_core_makes_of_them(record_type: str, data: st.DataObject) -> None:
    plural = TYPES[record_type].plural
    name = f"create{plural[0].upper()}{plural[1:]}"
    document = parse(
        f"mutation ($input: [{record_type}Input!]!) {{ {name}(companyId: 1, input: $input) {{ __typename }} }}"
    )
    raw = {"input": data.draw(sent(record_type))}
    plain, fast = (context.build(SCHEMA, document, None, None, raw) for context in (ExecutionContext, BatchContext))
    if isinstance(plain, ExecutionContext):
        assert isinstance(fast, ExecutionContext)
        assert fast.variable_values == plain.variable_values
    else:
        assert isinstance(fast, list)
        assert [error.message for error in fast] == [error.message for error in plain]


def test_fitting_inputs_take_the_short_cut() -> None:
    document = parse(
        "mutation ($input: [ContactInput!]!) { createContacts(companyId: 1, input: $input) { __typename } }"
    )
    raw = {"input": [{"name": "Ann", "emails": None, "phones": ["1"]}]}
    assert read_batches(SCHEMA, document, None, raw) == raw
    assert read_batches(SCHEMA, document, None, {"input": [{"name": 1}]}) == {}
    assert read_batches(SCHEMA, document, None, {}) == {}


RESULTS: list[dict[str, Any]] = [
    {"index": 0, "id": "contact_1", "userErrors": []},
    {"index": 1, "id": None, "userErrors": [{"code": "INVALID", "message": "no", "field": None}]},
]


@pytest.mark.parametrize(
    "selection",
    [
        "index id userErrors { code message field }",
        "position: index userErrors { why: message }",
        "id",
        "__typename id",
        "id ... on BulkResult { index }",
        "id @skip(if: true) index",
        "id id index",
        "userErrors { code } userErrors { field }",
    ],
)
def test_results_are_what_graphql_core_makes_of_them(selection: str) -> None:
    def resolve(_root: None, _info: GraphQLResolveInfo, **_: Any) -> dict[str, Any]:
        return {"transactionId": "t", "results": RESULTS}

    schema = load_schema()
    assert schema.mutation_type is not None
    schema.mutation_type.fields["deleteContacts"].resolve = resolve
    document = parse(f"mutation {{ deleteContacts(companyId: 1, ids: []) {{ results {{ {selection} }} }} }}")
    plain, fast = (
        execute_sync(schema, document, execution_context_class=context) for context in (ExecutionContext, BatchContext)
    )
    assert plain.errors is None
    assert fast == plain


def test_a_plain_selection_takes_the_short_cut() -> None:
    selection = parse("{ index id userErrors { code } }").definitions[0].selection_set  # type: ignore[attr-defined]
    project = projection(SCHEMA.type_map["BulkResult"], selection)  # type: ignore[arg-type]
    assert project is not None
    assert project(RESULTS[1]) == {"index": 1, "id": None, "userErrors": [{"code": "INVALID"}]}
