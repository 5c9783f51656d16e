"""The headers that other systems' exports give to Coperniq's fields, by type and by field or part.

What belongs here: names, the most telling first: of two headers that fit a field, the earlier one wins. A name belongs
to one field of a type, in singular words as an export writes them; case, spaces and punctuation make no difference.
What does not: how near a misspelled header may come (`csv_imports.mapping.matching`), and which types there are
(`catalogue`, which is made of these names when it is imported: that is why they are Python and in no file to be read).

Sources: the field guides and export samples of the systems that contractors leave; what is left out on purpose (a fax,
a billing address, a sales representative) is in the tests of the mapping.
"""

from __future__ import annotations

_FIRST_NAME = (
    "first name", "contact first name", "given name", "customer first name", "client first name", "first", "fname",
    "forename", "primary contact first name", "primary first name", "owner first name", "homeowner first name",
)  # fmt: skip
_LAST_NAME = (
    "last name", "contact last name", "surname", "family name", "customer last name", "client last name", "last",
    "lname", "primary contact last name", "primary last name", "owner last name", "homeowner last name",
)  # fmt: skip
_COMPANY = (
    "company name", "business name", "organization", "organisation", "organization name", "account name",
    "customer company", "client company", "company/organization", "dba",
)  # fmt: skip
_CLIENT = (
    "client id", "client email", "customer email", "contact email", "primary contact email", "customer email address",
    "client email address", "contact email address", "homeowner email", "owner email", "customer", "client",
    "client name", "customer name", "customer full name", "client full name", "customer display name",
    "primary contact", "primary contact name", "primary name", "contact name", "contact", "homeowner", "homeowner name",
    "owner name", "property owner", "member name", "account", "account holder", "bill to", "bill to name",
    "bill to customer", "billing customer", "parent customer", "customer phone", "client phone", "contact phone",
    "primary contact phone", "customer phone number", "client phone number", "contact phone number",
    "customer mobile", "mobile number", "customer id",
)  # fmt: skip
_STREET = (
    "street", "street 1", "address 1", "address line 1", "street address", "service street 1", "address",
    "service street", "service address 1", "service address line 1", "service address street", "site street",
    "site street 1", "site address 1", "site address line 1", "property street", "property street 1",
    "property address 1", "property address line 1", "location street", "location address 1",
    "location address line 1", "job street", "job address 1", "job address line 1", "jobsite street",
    "physical street", "physical address 1", "physical address line 1", "street address 1", "street address line 1",
    "street line 1", "address street", "street name", "street name and number", "install street", "project street",
)  # fmt: skip
_STREET_2 = (
    "street 2", "address 2", "address line 2", "suite", "service street 2", "street address 2",
    "street address line 2", "street line 2", "service address 2", "service address line 2", "site street 2",
    "site address 2", "site address line 2", "property street 2", "property address 2", "property address line 2",
    "location address 2", "location address line 2", "job address 2", "job address line 2", "apt", "apt/suite",
    "apartment", "suite number", "apt number", "apt #", "unit/suite", "apt/unit", "suite/unit",
)  # fmt: skip
_CITY = (
    "city", "town", "site city", "service city", "service address city", "property city", "location city", "job city",
    "jobsite city", "physical city", "address city", "city/town", "town/city", "suburb", "city/suburb", "locality",
    "municipality", "install city", "project city",
)  # fmt: skip
_STATE = (
    "state", "province", "site state", "service state", "service address state", "service province",
    "property state", "property province", "location state", "job state", "jobsite state", "physical state",
    "address state", "state/province", "province/state", "state or province", "state/region", "state code",
    "install state", "project state",
)  # fmt: skip
_ZIP = (
    "zip code", "zip", "postal code", "postcode", "site zip", "service zip", "zip/postal code", "postal/zip code",
    "zip/postal", "zip or postal code", "postal", "service zip code", "service postal code", "service address zip",
    "service address zip code", "service address postal code", "site zip code", "site postal code", "property zip",
    "property zip code", "property postal code", "location zip", "location zip code", "location postal code",
    "job zip", "job zip code", "job postal code", "jobsite zip", "physical zip", "physical postal code",
    "address zip", "address postal code", "zip 5", "install zip", "project zip", "zip+4",
)  # fmt: skip
_FULL_ADDRESS = (
    "full address", "site address", "service address", "complete address", "property address", "job address",
    "job site address", "location address", "service location address", "installation address", "install address",
    "project address", "physical address", "formatted address", "full street address", "full service address",
    "full property address", "address full", "whole address",
)  # fmt: skip
_SITE_NAME = (
    "site", "site name", "location", "location name", "property", "service location", "service location name",
    "property name", "job site", "job site name", "job location", "building", "building name", "facility",
    "facility name", "premises", "premise", "store name",
)  # fmt: skip
_SITE = ("site id", *_SITE_NAME, *_FULL_ADDRESS, "building id")
_AT_SITE = {"street": _STREET, "street2": _STREET_2, "city": _CITY, "state": _STATE, "zipcode": _ZIP}
"""The parts of an address in a row that is about something at a site."""
_OF_CLIENT = {"firstName": _FIRST_NAME, "lastName": _LAST_NAME, "company": ("company", *_COMPANY)}
"""The parts of a name in a row that is about something of a client."""

CLIENT_AT_LAST = (
    "email", "email address", "primary email", "main email", "phone", "phone number", "primary phone", "main phone",
    "mobile", "mobile phone", "cell phone", "telephone",
)  # fmt: skip
"""What names a client only where nothing else does: a person's columns in a row that is about something else."""
SITE_AT_LAST = tuple(alias for alias in _CLIENT if "phone" not in alias and "mobile" not in alias)
"""What names a site only where nothing else does: its client, as long as the client has one site."""

CONTACT = {
    "name": (
        "customer", "customer name", "display name", "client name", "client", "contact name", "full name",
        "primary name", "customer full name", "client full name", "contact full name", "customer display name",
        "lead name", "prospect name", "homeowner", "homeowner name", "owner name", "property owner", "tenant name",
        "resident name", "member name", "primary contact", "primary contact name", "main contact", "contact",
        "person name", "first and last name", "name on account", "account holder", "bill to name",
    ),
    "emails": (
        "email", "email address", "emails", "email addresses", "primary email", "email 1", "contact email",
        "customer email", "primary email address", "main email", "client email", "customer email address",
        "client email address", "contact email address", "primary contact email", "owner email", "homeowner email",
        "lead email", "email id", "email address 1", "email 1 value", "e-mail 1 value", "work email", "business email",
        "home email", "personal email", "secondary email", "email 2", "email 3", "secondary email address",
        "email address 2", "alternate email", "alternate email address", "alt email", "other email",
        "additional email", "additional emails", "email 2 value", "e-mail 2 value", "person email work",
        "person email home", "person email other",
    ),
    "phones": (
        "phone", "phone number", "phone numbers", "phones", "mobile number", "mobile", "mobile phone",
        "mobile phone number", "cell", "cell phone", "cell number", "cell phone number", "cellphone", "primary phone",
        "primary phone number", "main phone", "main phone number", "home number", "home phone", "home phone number",
        "work phone", "work number", "work phone number", "business phone", "office phone", "telephone",
        "telephone number", "telephone 1", "telephone 2", "contact mobile", "contact phone", "contact phone number",
        "contact number", "customer phone",
        "customer phone number", "customer mobile", "client phone", "client phone number", "primary contact phone",
        "primary contact mobile", "homeowner phone", "owner phone", "lead phone", "daytime phone", "day phone",
        "evening phone", "secondary phone", "secondary phone number", "phone 1", "phone 2", "phone 3",
        "phone number 1", "phone number 2", "phone 1 value", "phone 2 value", "alternate phone",
        "alternate phone number", "alt phone", "alt phone number", "other phone", "additional phone", "mobile 1",
        "mobile 2", "cell 1", "cell 2", "landline", "person phone work", "person phone mobile", "person phone home",
        "person phone other",
    ),
    "title": ("job title", "role", "position", "contact title", "job position", "designation"),
    "status": ("customer status", "client status", "lead status", "contact status", "account status"),
    "source": (
        "lead source", "referral source", "customer source", "client source", "contact source", "marketing source",
        "original source", "source of lead", "acquisition source", "referred by", "how did you hear about us",
    ),
    "firstName": _FIRST_NAME,
    "lastName": _LAST_NAME,
    "company": _COMPANY,
}  # fmt: skip

SITE = {
    "fullAddress": _FULL_ADDRESS,
    "street": _STREET,
    "city": _CITY,
    "state": (*_STATE, "region"),
    "zipcode": _ZIP,
    "clientId": _CLIENT,
    "timezone": ("time zone", "tz", "site timezone", "site time zone"),
    "siteName": (*_SITE_NAME, "store", "site nickname", "property nickname", "name"),
    "street2": (*_STREET_2, "unit", "unit number", "unit #"),
    **_OF_CLIENT,
}  # fmt: skip

ASSET = {
    "name": (
        "asset name", "equipment name", "equipment", "unit", "unit name", "asset", "device name", "device",
        "appliance", "appliance name", "item name", "product name", "installed equipment", "system name",
        "equipment tag", "asset tag", "unit tag", "tag", "unit number", "unit #", "unit id", "equipment number",
        "equipment #", "equipment id", "asset number", "asset #", "equipment description", "unit description",
        "asset description", "description",
    ),
    "type": (
        "asset type", "equipment type", "unit type", "category", "sub-type", "type of equipment", "equipment category",
        "asset category", "asset class", "equipment class", "equipment kind", "device type", "appliance type",
        "product type", "product category", "system type", "item type",
    ),
    "manufacturer": (
        "brand", "make", "mfr", "mfg", "manufacturer name", "equipment brand", "equipment make",
        "equipment manufacturer", "unit brand", "unit make", "brand name", "manufactured by", "make/brand",
        "brand/make", "brand/manufacturer", "oem",
    ),
    "model": (
        "model number", "model no", "model #", "model name", "equipment model", "equipment model number",
        "equipment model #", "unit model", "unit model number", "unit model #", "model id", "product model",
        "asset model", "device model",
    ),
    "serialNumber": (
        "serial number", "serial no", "serial", "serial #", "s/n", "equipment serial number", "equipment serial",
        "equipment serial #", "unit serial number", "unit serial", "unit serial #", "asset serial number",
        "asset serial", "device serial number", "inverter serial number", "inverter serial", "inverter sn",
        "microinverter serial number", "gateway serial number", "envoy serial number", "panel serial number",
        "module serial number", "battery serial number",
    ),
    "size": (
        "capacity", "tonnage", "tons", "btu", "rating", "btu rating", "size tons", "capacity tons", "nominal tons",
        "unit size", "equipment size", "kw", "size kw", "capacity kw", "rated capacity", "nameplate capacity",
    ),
    "installDate": (
        "install date", "installed", "installed on", "date installed", "installation date", "installed date",
        "equipment install date", "unit install date", "startup date", "start up date", "in service date",
        "commissioning date", "commissioned date",
    ),
    "siteId": _SITE,
    **_AT_SITE,
}  # fmt: skip

TASK = {
    "title": (
        "job title", "task", "task name", "job name", "project name", "subject", "summary", "work order",
        "task title", "project title", "job summary", "work order title", "work order name", "appointment title",
        "event title", "visit title", "ticket title", "work requested", "service requested", "project", "job",
    ),
    "description": (
        "job description", "details", "notes", "instructions", "task description", "work description",
        "work order description", "project description", "service description", "problem description",
        "scope of work", "scope", "job notes", "task notes", "work order notes", "job details", "job instructions",
        "comments",
    ),
    "status": (
        "job status", "task status", "work order status", "stage", "project status", "wo status", "call status",
        "appointment status", "visit status", "ticket status", "workflow status", "current status", "status name",
        "project stage", "job stage", "current stage",
    ),
    "priority": (
        "urgency", "job priority", "task priority", "priority level", "work order priority", "project priority",
        "call priority", "importance",
    ),
    "startDate": (
        "start date", "scheduled start", "start", "scheduled date", "job date", "scheduled start date",
        "job start date", "job start", "project start date", "planned start date", "planned start",
        "appointment start", "appointment date", "scheduled for", "scheduled on", "schedule date", "schedule start",
        "schedule start date", "job scheduled start date", "job scheduled start",
        "start date/time", "start datetime", "service date", "visit date", "work date", "call date", "dispatch date",
        "begin date", "date",
    ),
    "endDate": (
        "end date", "scheduled end", "end", "completed date", "due date", "scheduled end date", "job end date",
        "job end", "project end date", "planned end date", "planned end", "appointment end", "schedule end",
        "schedule end date", "job scheduled end date", "job scheduled end",
        "end date/time", "end datetime", "completion date", "completed on", "date completed", "completed",
        "finish date", "finished date", "closed date", "date closed", "due", "due by", "deadline",
        "target completion date",
    ),
    "isField": ("is field", "field work", "field job", "on site", "field task"),
    "assigneeId": ("assignee id", "assignee", "technician id", "assigned technician id"),
    "assetId": (
        "asset id", "asset serial", "serial number", "equipment serial", "asset", "equipment", "unit",
        "asset serial number", "equipment serial number", "equipment serial #", "serial #", "asset name",
        "equipment name", "equipment id",
    ),
    "siteId": _SITE,
    "jobType": (
        "job type", "task type", "work order type", "service type", "type of work", "project type", "call type",
        "appointment type", "visit type", "job category", "reason for call",
    ),
    "jobNumber": (
        "job #", "job number", "job no", "job id", "work order #", "work order number", "work order no",
        "work order id", "wo #", "wo number", "wo no", "task #", "task number", "task id", "project #",
        "project number", "project id", "ticket #", "ticket number", "call #", "call number", "visit #",
        "appointment number", "appointment #", "dispatch number", "dispatch #",
    ),
    **_AT_SITE,
}  # fmt: skip

SYSTEM = {
    "name": (
        "system name", "system", "array name", "project name", "plant name", "pv system name", "solar system name",
        "array", "installation name",
    ),
    "size": (
        "system size", "size kw", "system size kw", "system size kw dc", "project size kw", "capacity kw",
        "system size dc", "system size dc kw", "dc size", "dc size kw", "size kw dc", "kw dc", "kw", "kwp",
        "pv size kw", "array size", "array size kw", "peak power", "peak power kwp", "system capacity",
        "system capacity kw", "installed capacity", "nameplate capacity", "capacity", "system size kw ac",
    ),
    "status": (
        "system status", "stage", "current status", "monitoring status", "site status", "plant status",
        "operational status", "project status",
    ),
    "installedAt": (
        "installed at", "install date", "installed", "installed on", "installation date", "date installed",
        "installed date", "install complete date", "install completed date", "installation completed",
    ),
    "operationalAt": (
        "operational at", "pto date", "in service date", "commissioned", "activation date", "pto", "pto granted",
        "pto granted date", "permission to operate", "permission to operate date", "commissioning date",
        "commissioned date", "commissioned on", "commissioned at", "date commissioned", "activated on",
        "operational date", "operational since", "energization date", "energized date", "turn on date", "go live date",
    ),
    "monitored": ("is monitored", "monitoring", "has monitoring", "monitoring enabled", "monitoring active"),
    "projectId": ("project id", "project number", "project #", "project no"),
    "siteId": _SITE,
    **_AT_SITE,
}  # fmt: skip

SERVICE_PLAN_INSTANCE = {
    "servicePlanId": (
        "service plan id", "service plan", "plan", "plan name", "membership name", "membership", "agreement",
        "agreement name", "service agreement", "service plan name", "service agreement name", "membership plan",
        "membership type", "membership level", "agreement type", "plan type", "service plan type", "maintenance plan",
        "maintenance plan name", "maintenance agreement", "maintenance agreement name", "service contract",
        "service contract name", "maintenance contract", "contract name", "contract type", "contract", "subscription",
        "subscription name", "program name", "program",
    ),
    "clientId": _CLIENT,
    "startDate": (
        "start date", "start", "begin date", "effective date", "membership start date", "membership start",
        "agreement start date", "agreement start", "plan start date", "contract start date", "contract start",
        "commencement date", "enrollment date", "date started", "starts on", "valid from", "activation date",
    ),
    "endDate": (
        "end date", "expiration date", "expires", "end", "renewal date", "expires on", "expiry date", "expiry",
        "membership end date", "membership end", "membership expiration date", "membership expiration",
        "agreement end date", "agreement end", "agreement expiration date", "plan end date", "plan expiration date",
        "contract end date", "contract end", "contract expiration date", "ends on", "valid to", "valid until",
        "valid through", "next renewal date", "renews on",
    ),
    "durationMonths": (
        "duration months", "duration", "term months", "months", "length months", "duration in months",
        "contract length months", "contract term months", "number of months",
    ),
    "totalPrice": (
        "total price", "price", "total", "amount", "annual price", "total amount", "total value", "contract value",
        "contract amount", "contract price", "contract total", "agreement price", "agreement amount",
        "agreement value", "agreement total", "membership price", "membership fee", "plan price", "annual amount",
        "annual fee", "annual value", "sale price", "fee", "price $", "total $", "amount $",
    ),
    "status": (
        "membership status", "plan status", "agreement status", "contract status", "subscription status",
        "service plan status", "service agreement status", "maintenance agreement status",
    ),
    **_OF_CLIENT,
}  # fmt: skip

_INVOICE_NUMBER = (
    "invoice no", "invoice #", "invoice number", "invoice id", "invoice", "invoice name",
)  # fmt: skip
_QUOTE_NUMBER = (
    "quote #", "quote number", "quote no", "quote id", "quote", "quote name", "estimate #", "estimate number",
    "estimate no", "estimate id", "estimate", "estimate name", "proposal #", "proposal number", "proposal no",
    "proposal id", "proposal", "proposal name",
)  # fmt: skip

FINANCIAL_DOCUMENT = {
    "title": (
        *_INVOICE_NUMBER, *_QUOTE_NUMBER, "document number", "document title", "document no", "document #",
        "document name", "doc number", "doc no", "doc #", "num", "transaction number", "transaction no",
        "transaction #", "reference number", "reference no", "reference #", "reference", "ref number", "ref no",
        "ref #", "receipt number", "receipt #", "credit memo number", "credit memo #", "number", "name",
    ),
    "type": ("document type", "doc type", "transaction type", "txn type", "type of document", "invoice type"),
    "status": (
        "invoice status", "document status", "quote status", "payment status", "estimate status", "proposal status",
        "transaction status", "paid status", "billing status",
    ),
    "amount": (
        "total", "total $", "total amount", "item amount", "amount due", "invoice total", "grand total", "amount $",
        "invoice amount", "document total", "quote total", "quote amount", "estimate total", "estimate amount",
        "proposal total", "proposal amount", "total price", "total due", "total invoiced", "amount invoiced",
        "invoiced amount", "total usd", "amount usd", "total inc tax", "total incl tax", "total including tax",
        "total with tax", "total inc gst", "total incl gst", "total value",
    ),
    "issueDate": (
        "issue date", "issued date", "invoice date", "date issued", "latest send date", "issued on", "issued",
        "invoiced date", "invoiced on", "date invoiced", "invoice issue date", "quote date", "quoted on",
        "estimate date", "proposal date", "document date", "doc date", "transaction date", "txn date", "billing date",
        "bill date", "sent date", "date sent", "sent on", "date",
    ),
    "dueDate": (
        "due date", "payment due", "due", "payment due date", "due on", "date due", "invoice due date", "net due date",
        "pay by", "payment due by",
    ),
    "recordId": ("record id", "coperniq record id"),
    "clientId": _CLIENT,
    **_OF_CLIENT,
}  # fmt: skip

IMPLIED_DOCUMENTS = (
    *(("type", alias, "Invoice") for alias in (*_INVOICE_NUMBER, "invoice date", "invoice status", "invoice total",
                                               "invoice amount", "invoice due date")),
    *(("type", alias, "Quote") for alias in (*_QUOTE_NUMBER, "quote date", "quote status", "quote total",
                                             "estimate date", "estimate status", "estimate total", "proposal date",
                                             "proposal status")),
)  # fmt: skip
"""Headers that say of a file which type of document it holds."""
IMPLIED_EQUIPMENT = tuple(
    ("type", f"{word} {number}", word.capitalize())
    for word in ("inverter", "microinverter", "gateway", "panel", "module", "battery")
    for number in ("serial number", "serial", "sn", "serial #")
)
"""Headers that say of a file which type of equipment it holds."""
