"""What may be sent: one model for each body, strict, by the members that the public contract lists."""

from __future__ import annotations

from typing import Annotated, Any, Literal, TypeVar

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, ValidationError

from sandbox.coperniq.rest.asset_types import ASSET_TYPES
from sandbox.coperniq.rest.errors import bad_request
from sandbox.coperniq.rules import is_email
from sandbox.coperniq.scalars import parse_date, parse_datetime


def _not_blank(value: str) -> str:
    if not value.strip():
        raise ValueError("must not be blank")
    return value


def _email(value: str) -> str:
    if not is_email(value):
        raise ValueError("is no e-mail address")
    return value


Text = Annotated[str, AfterValidator(_not_blank)]
Email = Annotated[str, AfterValidator(_email)]
Day = Annotated[str, AfterValidator(parse_date)]
Moment = Annotated[str, AfterValidator(parse_datetime)]
AccountType = Literal["RESIDENTIAL", "COMMERCIAL"]
AssetStatus = Literal["DRAFT", "ACTIVE", "MAINTENANCE", "INACTIVE", "RETIRED"]
InvoiceStatus = Literal["DRAFT", "SENT", "DECLINED", "PAID", "PARTIALLY_PAID", "OVERDUE"]
QuoteStatus = Literal["DRAFT", "SENT", "APPROVED", "CHANGES_REQUESTED", "DECLINED"]


def _asset_type(value: str) -> str:
    if value not in ASSET_TYPES:
        raise ValueError("is no type of asset")
    return value


AssetType = Annotated[str, AfterValidator(_asset_type)]


class Body(BaseModel):
    """Take the members that it names, and no others.

    A default says that a member may be left out, and is never used: only what was sent counts. One that may be null is
    `… | None`.
    """

    model_config = ConfigDict(extra="forbid", strict=True, allow_inf_nan=False)


class _Account(Body):
    description: str | None = None
    accountType: AccountType | None = None
    primaryEmail: Email | None = None
    primaryPhone: Text | None = None
    contacts: list[int] | None = None
    custom: dict[str, Any] = {}


class AccountUpsert(_Account):
    """Take the body of `POST /accounts`."""

    title: Text
    address: list[str]


class AccountUpdate(_Account):
    """Take the body of `PATCH /accounts/{id}`."""

    title: Text = ""
    address: list[str] = []
    isActive: bool = True


class _Contact(Body):
    phones: list[Text] = []
    emails: list[Email] = []
    title: str = ""
    accountIds: list[int] = []
    projectIds: list[int] = []


class ContactCreate(_Contact):
    """Take the body of `POST /contacts`."""

    name: Text


class ContactUpdate(_Contact):
    """Take the body of `PATCH /contacts/{id}`."""

    name: Text = ""


class _Site(Body):
    fullAddress: Text = ""
    geoLocation: Text = ""
    title: str = ""
    street: str = ""
    city: str = ""
    state: str = ""
    zipcode: str = ""


class SiteUpdate(_Site):
    """Take the body of `PATCH /sites/{id}`."""

    timezone: str = ""


class SiteCreate(_Site):
    """Take the body of `POST /sites`."""

    accountId: int


class _Asset(Body):
    status: AssetStatus = "ACTIVE"
    size: float = 0
    labelIds: list[int] = []
    installDate: Day | None = None
    manufacturingDate: Day | None = None
    expectedLifetime: float = 0
    description: str = ""
    coverImageFileId: int = 0
    nameplateImageFileId: int = 0


class AssetCreate(_Asset):
    """Take the body of `POST /assets`."""

    accountId: int
    siteId: int
    type: AssetType
    manufacturer: Text
    model: Text
    serialNumber: Text


class AssetUpdate(_Asset):
    """Take the body of `PATCH /assets/{id}`."""

    name: str = ""
    type: AssetType = ""
    manufacturer: Text = ""
    model: Text = ""
    serialNumber: Text = ""
    isArchived: bool = False


class WorkOrderCreate(Body):
    """Take the body of `POST /accounts/{id}/work-orders`."""

    templateId: int


class WorkOrderUpdate(Body):
    """Take the body of `PATCH /accounts/{id}/work-orders/{id}`."""

    title: Text = ""
    description: str = ""
    priority: int = 0
    startDate: Moment = ""
    startDateAllDay: bool = False
    endDate: Moment = ""
    endDateAllDay: bool = False
    status: Text = ""
    assigneeId: int = 0


class LineItem(Body):
    """Take one line of an invoice or quote."""

    id: int = 0
    catalogItemId: int
    quantity: int = Field(ge=1)
    unitCost: float
    unitPrice: float
    description: str | None = None


LineItems = Annotated[list[LineItem], Field(min_length=1)]


class _Invoice(Body):
    dueDate: Moment = ""
    description: str | None = None


class InvoiceUpdate(_Invoice):
    """Take the body of `PATCH /invoices/{id}`."""

    status: InvoiceStatus = "DRAFT"
    lineItems: LineItems = []


class InvoiceCreate(_Invoice):
    """Take the body of `POST /invoices`."""

    recordId: int
    calculationMethod: Literal["LINE_ITEMS"]
    lineItems: LineItems
    status: Literal["DRAFT", "SENT", "PARTIALLY_PAID", "PAID"] = "DRAFT"
    issueDate: Moment = ""


class _Quote(Body):
    status: QuoteStatus = "DRAFT"
    issueDate: Moment = ""
    description: str | None = None


class QuoteUpdate(_Quote):
    """Take the body of `PATCH /quotes/{id}`."""

    lineItems: LineItems = []
    isArchived: bool = False
    sharedWithPortal: bool = False


class QuoteCreate(_Quote):
    """Take the body of `POST /quotes`."""

    opportunityId: int
    lineItems: LineItems
    title: Text = "Quote"


AnyBody = TypeVar("AnyBody", bound=Body)


def read(model: type[AnyBody], content: object) -> dict[str, Any]:
    """Check a body; give the members that were sent.

    Raises:
        RestError: 400, with the first member that is missing, unknown or wrong.
    """
    try:
        return model.model_validate(content).model_dump(exclude_unset=True)
    except ValidationError as error:
        first = error.errors()[0]
        field = str(first["loc"][0]) if first["loc"] else None
        raise bad_request(f"{field or 'the body'}: {first['msg']}", field) from error
