"""The seven Coperniq types as data; everything that differs from type to type is derived from this module.

What belongs here: fields, kinds, requirements, parents, natural keys, and the headers that other systems' exports give
them. What does not: logic; how a kind is parsed or judged is said once, in `csv_imports`, for all types.

Sources: the migration guide (field names, required fields), `schema.graphql` (kinds), real export header rows
(aliases).
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from types import MappingProxyType
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator


class Kind(StrEnum):
    """What a field holds, which decides how its text is parsed and judged."""

    TEXT = "text"
    EMAILS = "emails"
    PHONES = "phones"
    ZIP = "zip"
    DATE = "date"
    DATETIME = "datetime"
    NUMBER = "number"
    INTEGER = "integer"
    BOOLEAN = "boolean"
    REFERENCE = "reference"

    @property
    def is_list(self) -> bool:
        """Say whether the field takes several values, from several columns or cells."""
        return self in (Kind.EMAILS, Kind.PHONES)


@dataclass(frozen=True, slots=True)
class Field:
    """One field of a type, under Coperniq's exact camelCase name.

    Attributes:
        name: The name in Coperniq's GraphQL schema.
        kind: What it holds.
        aliases: Headers that exports give it, the most telling first: of two headers that fit, the earlier one wins.
        required: Whether a row without it is an error.
        refers_to: For a reference, the type of the parent; None where it is an opaque Coperniq id.
    """

    name: str
    kind: Kind
    aliases: tuple[str, ...] = ()
    required: bool = False
    refers_to: str | None = None


@dataclass(frozen=True, slots=True)
class Composition:
    """A field that is put together from the columns of its parts, in a row where no column holds it whole.

    Attributes:
        field: The field that is composed.
        parts: Names of parts, in order: other fields of the type, or `Part` names; names that share one entry,
            such as `state zipcode`, are joined by a space.
        separator: Stands between two parts that are not empty.
        needs: The part without which nothing is composed; None where any part will do.
    """

    field: str
    parts: tuple[str, ...]
    separator: str
    needs: str | None = None


@dataclass(frozen=True, slots=True)
class Part:
    """A column that is not sent by itself: it is composed into a field, or kept as another name of the record."""

    name: str
    aliases: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class RecordType:
    """A Coperniq type.

    Attributes:
        name: As in Coperniq, such as `ServicePlanInstance`.
        plural: As in the names of Coperniq's mutations, such as `ServicePlanInstances`.
        slug: As in asset keys and file names, such as `service_plan_instance`.
        fields: In the guide's order.
        key: The natural key: alternatives, each a list of fields; the first one that the row has counts.
        one_of: Fields of which at least one is required.
        parts: Columns beside the fields.
        compositions: Fields that parts can make.
        names: Fields and parts by which other rows may refer to a record of this type, beside its id.
        implied: Values that a header implies for another field: {field: {header alias: value}}.
        periods: Pairs of fields that are a start and an end.
    """

    name: str
    plural: str
    slug: str
    fields: tuple[Field, ...]
    key: tuple[tuple[str, ...], ...]
    one_of: tuple[str, ...] = ()
    parts: tuple[Part, ...] = ()
    compositions: tuple[Composition, ...] = ()
    names: tuple[str, ...] = ()
    implied: tuple[tuple[str, str, str], ...] = ()
    periods: tuple[tuple[str, str], ...] = ()

    def field(self, name: str) -> Field:
        """Return the field of that name.

        Raises:
            KeyError: When the type has no such field.
        """
        for field in self.fields:
            if field.name == name:
                return field
        raise KeyError(name)

    @property
    def required(self) -> tuple[str, ...]:
        """The fields without which a row is an error."""
        return tuple(field.name for field in self.fields if field.required)

    @property
    def references(self) -> tuple[Field, ...]:
        """The fields that name a parent which the pipeline itself may have to send first."""
        return tuple(field for field in self.fields if field.refers_to is not None)


_EMAIL = ("email", "email address", "e-mail", "emails", "primary email", "email 1", "contact email", "customer email")
_CLIENT = (
    "client id", "customer id", "client email", "customer email", "contact email", "primary contact email",
    "customer", "client", "client name", "customer name", "primary contact", "primary name", "account", "bill to",
    "customer phone", "client phone", "primary contact phone", "mobile number",
)  # fmt: skip
_SITE = (
    "site id", "site", "site name", "location", "location name", "service address", "site address", "property",
    "property address", "job address", "full address", "address", "building id",
)  # fmt: skip
_STREET = ("street", "street 1", "address 1", "address line 1", "street address", "service street 1", "address")
_START = ("start date", "scheduled start", "start", "scheduled date", "job date")
_END = ("end date", "scheduled end", "end", "completed date", "due date")

CONTACT = RecordType(
    name="Contact",
    plural="Contacts",
    slug="contact",
    fields=(
        Field(
            "name", Kind.TEXT, required=True,
            aliases=("customer", "customer name", "display name", "client name", "client", "contact name", "full name",
                     "primary name"),
        ),
        Field("emails", Kind.EMAILS, aliases=(*_EMAIL, "secondary email", "email 2")),
        Field(
            "phones", Kind.PHONES,
            aliases=("phone", "phone number", "phone numbers", "phones", "mobile number", "mobile", "mobile phone",
                     "cell", "cell phone", "primary phone", "home number", "home phone", "work phone", "telephone",
                     "secondary phone", "phone 1", "phone 2", "contact phone", "customer phone"),
        ),
        Field("title", Kind.TEXT, aliases=("job title", "role", "position")),
        Field("status", Kind.TEXT, aliases=("customer status", "client status", "lead status", "contact status")),
        Field("source", Kind.TEXT, aliases=("lead source", "referral source", "customer source")),
    ),
    key=(("emails",), ("phones",), ("name",)),
    one_of=("emails", "phones"),
    parts=(
        Part("firstName", ("first name", "contact first name", "given name")),
        Part("lastName", ("last name", "contact last name", "surname", "family name")),
        Part("company", ("company name", "business name", "organization")),
    ),
    compositions=(Composition("name", ("firstName", "lastName"), " "), Composition("name", ("company",), "")),
    names=("emails", "phones", "name"),
)  # fmt: skip

SITE = RecordType(
    name="Site",
    plural="Sites",
    slug="site",
    fields=(
        Field(
            "fullAddress", Kind.TEXT, required=True,
            aliases=("full address", "site address", "service address", "complete address", "property address"),
        ),
        Field("street", Kind.TEXT, aliases=_STREET),
        Field("city", Kind.TEXT, aliases=("town", "site city", "service city")),
        Field("state", Kind.TEXT, aliases=("province", "region", "site state", "service state")),
        Field(
            "zipcode", Kind.ZIP,
            aliases=("zip code", "zip", "postal code", "postcode", "site zip", "service zip"),
        ),
        Field("clientId", Kind.REFERENCE, required=True, refers_to="Contact", aliases=_CLIENT),
        Field("timezone", Kind.TEXT, aliases=("time zone", "tz")),
    ),
    key=(("fullAddress", "clientId"),),
    parts=(
        Part("siteName", ("site name", "location name", "location", "property name", "building", "name")),
        Part("street2", ("street 2", "address 2", "address line 2", "suite", "unit", "service street 2")),
    ),
    compositions=(Composition("fullAddress", ("street", "street2", "city", "state zipcode"), ", ", needs="street"),),
    names=("fullAddress", "siteName"),
)  # fmt: skip

ASSET = RecordType(
    name="Asset",
    plural="Assets",
    slug="asset",
    fields=(
        Field(
            "name", Kind.TEXT, required=True,
            aliases=("asset name", "equipment name", "equipment", "unit", "unit name", "asset", "description"),
        ),
        Field(
            "type", Kind.TEXT, required=True,
            aliases=("asset type", "equipment type", "unit type", "category", "sub-type"),
        ),
        Field("manufacturer", Kind.TEXT, aliases=("brand", "make", "mfr", "mfg")),
        Field("model", Kind.TEXT, aliases=("model number", "model no", "model #")),
        Field("serialNumber", Kind.TEXT, aliases=("serial number", "serial no", "serial", "serial #", "s/n")),
        Field("size", Kind.TEXT, aliases=("capacity", "tonnage", "tons", "btu", "rating")),
        Field(
            "installDate", Kind.DATE,
            aliases=("install date", "installed", "installed on", "date installed", "installation date"),
        ),
        Field("siteId", Kind.REFERENCE, required=True, refers_to="Site", aliases=_SITE),
    ),
    key=(("serialNumber",), ("siteId", "name")),
    names=("serialNumber", "name"),
)  # fmt: skip

TASK = RecordType(
    name="Task",
    plural="Tasks",
    slug="task",
    fields=(
        Field(
            "title", Kind.TEXT, required=True,
            aliases=("job title", "task", "task name", "job name", "project name", "subject", "summary", "work order"),
        ),
        Field("description", Kind.TEXT, aliases=("job description", "details", "notes", "instructions")),
        Field("status", Kind.TEXT, required=True, aliases=("job status", "task status", "work order status", "stage")),
        Field("priority", Kind.TEXT, aliases=("urgency", "job priority")),
        Field("startDate", Kind.DATETIME, aliases=_START),
        Field("endDate", Kind.DATETIME, aliases=_END),
        Field("isField", Kind.BOOLEAN, aliases=("is field", "field work", "field job", "on site")),
        Field("assigneeId", Kind.TEXT, aliases=("assignee id", "assignee", "technician id")),
        Field(
            "assetId", Kind.REFERENCE, refers_to="Asset",
            aliases=("asset id", "asset serial", "serial number", "equipment serial", "asset", "equipment", "unit"),
        ),
        Field("siteId", Kind.REFERENCE, required=True, refers_to="Site", aliases=_SITE),
    ),
    key=(("siteId", "title", "startDate"),),
    periods=(("startDate", "endDate"),),
)  # fmt: skip

SYSTEM = RecordType(
    name="System",
    plural="Systems",
    slug="system",
    fields=(
        Field("name", Kind.TEXT, required=True, aliases=("system name", "system", "array name", "project name")),
        Field(
            "size", Kind.NUMBER,
            aliases=("system size", "size kw", "system size kw", "system size kw dc", "project size kw", "capacity kw"),
        ),
        Field("status", Kind.TEXT, aliases=("system status", "stage")),
        Field("installedAt", Kind.DATETIME, aliases=("installed at", "install date", "installed", "installed on")),
        Field(
            "operationalAt", Kind.DATETIME,
            aliases=("operational at", "pto date", "in service date", "commissioned", "activation date"),
        ),
        Field("monitored", Kind.BOOLEAN, aliases=("is monitored", "monitoring", "has monitoring")),
        Field("projectId", Kind.TEXT, aliases=("project id", "project number", "project #")),
        Field("siteId", Kind.REFERENCE, required=True, refers_to="Site", aliases=_SITE),
    ),
    key=(("siteId", "name"),),
    periods=(("installedAt", "operationalAt"),),
)  # fmt: skip

SERVICE_PLAN_INSTANCE = RecordType(
    name="ServicePlanInstance",
    plural="ServicePlanInstances",
    slug="service_plan_instance",
    fields=(
        Field(
            "servicePlanId", Kind.TEXT, required=True,
            aliases=("service plan id", "service plan", "plan", "plan name", "membership name", "membership",
                     "agreement", "agreement name", "service agreement"),
        ),
        Field("clientId", Kind.REFERENCE, required=True, refers_to="Contact", aliases=_CLIENT),
        Field("startDate", Kind.DATE, aliases=("start date", "start", "begin date", "effective date")),
        Field("endDate", Kind.DATE, aliases=("end date", "expiration date", "expires", "end", "renewal date")),
        Field("durationMonths", Kind.INTEGER, aliases=("duration months", "duration", "term months", "months")),
        Field("totalPrice", Kind.NUMBER, aliases=("total price", "price", "total", "amount", "annual price")),
        Field("status", Kind.TEXT, aliases=("membership status", "plan status", "agreement status")),
    ),
    key=(("servicePlanId", "clientId", "startDate"),),
    periods=(("startDate", "endDate"),),
)  # fmt: skip

FINANCIAL_DOCUMENT = RecordType(
    name="FinancialDocument",
    plural="FinancialDocuments",
    slug="financial_document",
    fields=(
        Field(
            "title", Kind.TEXT, required=True,
            aliases=("invoice no", "invoice #", "invoice number", "quote #", "quote number", "estimate #",
                     "estimate number", "document number", "document title", "number", "name"),
        ),
        Field("type", Kind.TEXT, required=True, aliases=("document type", "doc type", "transaction type")),
        Field("status", Kind.TEXT, aliases=("invoice status", "document status", "quote status", "payment status")),
        Field(
            "amount", Kind.NUMBER,
            aliases=("total", "total $", "total amount", "item amount", "amount due", "invoice total", "grand total"),
        ),
        Field(
            "issueDate", Kind.DATE,
            aliases=("issue date", "issued date", "invoice date", "date issued", "latest send date", "date"),
        ),
        Field("dueDate", Kind.DATE, aliases=("due date", "payment due", "due")),
        Field("recordId", Kind.TEXT, aliases=("record id", "coperniq record id")),
        Field("clientId", Kind.REFERENCE, required=True, refers_to="Contact", aliases=_CLIENT),
    ),
    key=(("clientId", "type", "title", "issueDate"),),
    implied=(
        ("type", "invoice no", "Invoice"),
        ("type", "invoice #", "Invoice"),
        ("type", "invoice number", "Invoice"),
        ("type", "quote #", "Quote"),
        ("type", "quote number", "Quote"),
        ("type", "estimate #", "Quote"),
        ("type", "estimate number", "Quote"),
    ),
    periods=(("issueDate", "dueDate"),),
)  # fmt: skip

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


def parents(record_type: RecordType) -> Iterator[RecordType]:
    """Yield the types that a record of this type refers to, each once, in sending order."""
    wanted = {field.refers_to for field in record_type.references}
    return (parent for parent in TYPES if parent.name in wanted)
