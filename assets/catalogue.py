"""The seven Coperniq types as data; everything that differs from type to type is derived from this module.

What belongs here: fields, kinds, requirements, parents, natural keys. What does not: logic, and what a type is made of
(`record_types`). The headers that exports give to the fields stand in `aliases`.

Sources: the migration guide (field names, required fields), `schema.graphql` (kinds).
"""

from __future__ import annotations

from types import MappingProxyType
from typing import TYPE_CHECKING

from assets import aliases
from assets.record_types import Composition, Field, Kind, Part, RecordType

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping


_ADDRESS_PARTS = ("street", "street2", "city", "state", "zipcode")
_ADDRESS = (("street", "street2", "city", "state zipcode"), ", ", "street")
_CLIENT_NAMES = (
    Composition("clientId", ("firstName", "lastName"), " "),
    Composition("clientId", ("company",), ""),
)


def _parts(names: Mapping[str, tuple[str, ...]], *parts: str) -> tuple[Part, ...]:
    return tuple(Part(part, names[part]) for part in parts)


def _client(names: Mapping[str, tuple[str, ...]], at_last: tuple[str, ...] = ()) -> Field:
    last = (*aliases.CLIENT_AT_LAST, *at_last)
    return Field("clientId", Kind.REFERENCE, names["clientId"], required=True, refers_to="Contact", at_last=last)


def _site(names: Mapping[str, tuple[str, ...]], at_last: tuple[str, ...] = aliases.SITE_AT_LAST) -> Field:
    return Field("siteId", Kind.REFERENCE, names["siteId"], required=True, refers_to="Site", at_last=at_last)


CONTACT = RecordType(
    name="Contact",
    plural="Contacts",
    slug="contact",
    fields=(
        Field("name", Kind.TEXT, aliases.CONTACT["name"], required=True),
        Field("emails", Kind.EMAILS, aliases.CONTACT["emails"]),
        Field("phones", Kind.PHONES, aliases.CONTACT["phones"]),
        Field("title", Kind.TEXT, aliases.CONTACT["title"]),
        Field("status", Kind.TEXT, aliases.CONTACT["status"]),
        Field("source", Kind.TEXT, aliases.CONTACT["source"]),
    ),
    key=(("emails",), ("phones",), ("name",)),
    one_of=("emails", "phones"),
    parts=_parts(aliases.CONTACT, "firstName", "lastName", "company"),
    compositions=(Composition("name", ("firstName", "lastName"), " "), Composition("name", ("company",), "")),
    names=("emails", "phones", "name"),
    file_words=("customer", "customers", "client", "clients", "lead", "leads"),
)

SITE = RecordType(
    name="Site",
    plural="Sites",
    slug="site",
    fields=(
        Field("fullAddress", Kind.TEXT, aliases.SITE["fullAddress"], required=True),
        Field("street", Kind.TEXT, aliases.SITE["street"]),
        Field("city", Kind.TEXT, aliases.SITE["city"]),
        Field("state", Kind.TEXT, aliases.SITE["state"]),
        Field("zipcode", Kind.ZIP, aliases.SITE["zipcode"]),
        _client(aliases.SITE),
        Field("timezone", Kind.TEXT, aliases.SITE["timezone"]),
    ),
    key=(("fullAddress", "clientId"),),
    parts=_parts(aliases.SITE, "siteName", "street2", "firstName", "lastName", "company"),
    compositions=(
        Composition("fullAddress", *_ADDRESS),
        *_CLIENT_NAMES,
        # A file of sites that names no client calls each site by its client.
        Composition("clientId", ("siteName",), "", instead=True),
    ),
    names=("fullAddress", "siteName"),
    through=("clientId",),
    file_words=("location", "locations", "property", "properties"),
)

ASSET = RecordType(
    name="Asset",
    plural="Assets",
    slug="asset",
    fields=(
        Field("name", Kind.TEXT, aliases.ASSET["name"], required=True),
        Field("type", Kind.TEXT, aliases.ASSET["type"], required=True),
        Field("manufacturer", Kind.TEXT, aliases.ASSET["manufacturer"]),
        Field("model", Kind.TEXT, aliases.ASSET["model"]),
        Field("serialNumber", Kind.TEXT, aliases.ASSET["serialNumber"]),
        Field("size", Kind.TEXT, aliases.ASSET["size"]),
        Field("installDate", Kind.DATE, aliases.ASSET["installDate"]),
        # In the field, what is captured floor by floor names its site by the unit of the building.
        _site(aliases.ASSET, at_last=(*aliases.SITE_AT_LAST, "unit")),
    ),
    key=(("serialNumber",), ("siteId", "name")),
    parts=_parts(aliases.ASSET, *_ADDRESS_PARTS),
    compositions=(
        Composition("siteId", *_ADDRESS),
        Composition("name", ("manufacturer", "model"), " ", instead=True),
        Composition("name", ("type",), "", instead=True),
    ),
    names=("serialNumber", "name"),
    implied=aliases.IMPLIED_EQUIPMENT,
    file_words=("equipment", "unit", "units"),
)

TASK = RecordType(
    name="Task",
    plural="Tasks",
    slug="task",
    fields=(
        Field("title", Kind.TEXT, aliases.TASK["title"], required=True),
        Field("description", Kind.TEXT, aliases.TASK["description"]),
        Field("status", Kind.TEXT, aliases.TASK["status"], required=True),
        Field("priority", Kind.TEXT, aliases.TASK["priority"]),
        Field("startDate", Kind.DATETIME, aliases.TASK["startDate"]),
        Field("endDate", Kind.DATETIME, aliases.TASK["endDate"]),
        Field("isField", Kind.BOOLEAN, aliases.TASK["isField"]),
        Field("assigneeId", Kind.TEXT, aliases.TASK["assigneeId"]),
        Field("assetId", Kind.REFERENCE, aliases.TASK["assetId"], refers_to="Asset"),
        _site(aliases.TASK),
    ),
    key=(("siteId", "title", "startDate"),),
    parts=_parts(aliases.TASK, "jobType", "jobNumber", *_ADDRESS_PARTS),
    compositions=(
        Composition("siteId", *_ADDRESS),
        Composition("title", ("jobType",), "", instead=True),
        Composition("title", ("description",), "", instead=True),
        Composition("title", ("jobNumber",), "", instead=True),
    ),
    periods=(("startDate", "endDate"),),
    file_words=("job", "jobs", "work order", "work orders", "project", "projects"),
)

SYSTEM = RecordType(
    name="System",
    plural="Systems",
    slug="system",
    fields=(
        # A portal of inverters calls a system by its site, whose address stands beside it.
        Field("name", Kind.TEXT, aliases.SYSTEM["name"], required=True, at_last=("site name", "site")),
        Field("size", Kind.NUMBER, aliases.SYSTEM["size"]),
        Field("status", Kind.TEXT, aliases.SYSTEM["status"]),
        Field("installedAt", Kind.DATETIME, aliases.SYSTEM["installedAt"]),
        Field("operationalAt", Kind.DATETIME, aliases.SYSTEM["operationalAt"]),
        Field("monitored", Kind.BOOLEAN, aliases.SYSTEM["monitored"]),
        Field("projectId", Kind.TEXT, aliases.SYSTEM["projectId"]),
        _site(aliases.SYSTEM),
    ),
    key=(("siteId", "name"),),
    parts=_parts(aliases.SYSTEM, *_ADDRESS_PARTS),
    compositions=(Composition("siteId", *_ADDRESS),),
    periods=(("installedAt", "operationalAt"),),
    file_words=("array", "arrays"),
)

SERVICE_PLAN_INSTANCE = RecordType(
    name="ServicePlanInstance",
    plural="ServicePlanInstances",
    slug="service_plan_instance",
    fields=(
        Field("servicePlanId", Kind.TEXT, aliases.SERVICE_PLAN_INSTANCE["servicePlanId"], required=True),
        _client(aliases.SERVICE_PLAN_INSTANCE, at_last=("name",)),
        Field("startDate", Kind.DATE, aliases.SERVICE_PLAN_INSTANCE["startDate"]),
        Field("endDate", Kind.DATE, aliases.SERVICE_PLAN_INSTANCE["endDate"]),
        Field("durationMonths", Kind.INTEGER, aliases.SERVICE_PLAN_INSTANCE["durationMonths"]),
        Field("totalPrice", Kind.NUMBER, aliases.SERVICE_PLAN_INSTANCE["totalPrice"]),
        Field("status", Kind.TEXT, aliases.SERVICE_PLAN_INSTANCE["status"]),
    ),
    key=(("servicePlanId", "clientId", "startDate"),),
    parts=_parts(aliases.SERVICE_PLAN_INSTANCE, "firstName", "lastName", "company"),
    compositions=_CLIENT_NAMES,
    periods=(("startDate", "endDate"),),
    file_words=(
        "membership",
        "memberships",
        "service agreement",
        "service agreements",
        "maintenance plan",
        "maintenance plans",
    ),
)

FINANCIAL_DOCUMENT = RecordType(
    name="FinancialDocument",
    plural="FinancialDocuments",
    slug="financial_document",
    fields=(
        Field("title", Kind.TEXT, aliases.FINANCIAL_DOCUMENT["title"], required=True),
        Field("type", Kind.TEXT, aliases.FINANCIAL_DOCUMENT["type"], required=True),
        Field("status", Kind.TEXT, aliases.FINANCIAL_DOCUMENT["status"]),
        Field("amount", Kind.NUMBER, aliases.FINANCIAL_DOCUMENT["amount"]),
        Field("issueDate", Kind.DATE, aliases.FINANCIAL_DOCUMENT["issueDate"]),
        Field("dueDate", Kind.DATE, aliases.FINANCIAL_DOCUMENT["dueDate"]),
        Field("recordId", Kind.TEXT, aliases.FINANCIAL_DOCUMENT["recordId"]),
        _client(aliases.FINANCIAL_DOCUMENT, at_last=("name",)),
    ),
    key=(("clientId", "type", "title", "issueDate"),),
    parts=_parts(aliases.FINANCIAL_DOCUMENT, "firstName", "lastName", "company"),
    compositions=_CLIENT_NAMES,
    implied=aliases.IMPLIED_DOCUMENTS,
    periods=(("issueDate", "dueDate"),),
    file_words=("invoice", "invoices", "quote", "quotes", "estimate", "estimates"),
)

TYPES: tuple[RecordType, ...] = (
    CONTACT,
    SITE,
    ASSET,
    SYSTEM,
    TASK,
    SERVICE_PLAN_INSTANCE,
    FINANCIAL_DOCUMENT,
)
"""Every type, parents before children: the order in which records can be sent."""

BY_NAME = MappingProxyType({record_type.name: record_type for record_type in TYPES})

KEY_REFERENCES = {one.name: one.key_reference for one in TYPES if one.key_reference is not None}
"""The reference that is part of the natural key, by type, of those that have one; in sending order."""


def parents(record_type: RecordType) -> Iterator[RecordType]:
    """Yield the types that a record of this type refers to, each once, in sending order."""
    wanted = {field.refers_to for field in record_type.references}
    return (parent for parent in TYPES if parent.name in wanted)
