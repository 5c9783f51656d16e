"""Examples of what Coperniq's fields hold, for people who map the fields of forms to them.

What belongs here: values as an office writes them, the most usual first. What does not: which fields there are
(`catalogue`), and any rule.
"""

from __future__ import annotations

_PERIOD = {"startDate": ("2026-03-01",), "endDate": ("2027-02-28",)}
_CLIENT = ("ada@example.com", "+12125550100", "Ada Lovelace")
_SITE = ("1 Main St, Denver, CO 80202",)

EXAMPLES: dict[str, dict[str, tuple[str, ...]]] = {
    "Contact": {
        "name": ("Ada Lovelace", "Acme Property Management"),
        "emails": ("ada@example.com",),
        "phones": ("+12125550100", "(212) 555-0100"),
        "title": ("Facility manager",),
        "status": ("Lead", "Customer"),
        "source": ("Referral", "Website"),
    },
    "Site": {
        "fullAddress": _SITE,
        "street": ("1 Main St",),
        "city": ("Denver",),
        "state": ("CO",),
        "zipcode": ("80202", "80202-1234"),
        "clientId": _CLIENT,
        "timezone": ("America/Denver",),
    },
    "Asset": {
        "name": ("Upstairs heat pump",),
        "type": ("Heat pump", "Furnace", "Electrical panel"),
        "manufacturer": ("Carrier",),
        "model": ("25VNA836A003",),
        "serialNumber": ("3419X12345",),
        "size": ("3 ton",),
        "installDate": ("2026-03-14",),
        "siteId": _SITE,
    },
    "Task": {
        "title": ("Spring tune-up",),
        "description": ("Replace the filter and check the charge.",),
        "status": ("Scheduled", "Completed"),
        "priority": ("High",),
        "startDate": ("2026-03-14T09:00:00Z", "2026-03-14"),
        "endDate": ("2026-03-14T11:00:00Z",),
        "isField": ("yes", "no"),
        "assigneeId": ("4711",),
        "assetId": ("3419X12345", "Upstairs heat pump"),
        "siteId": _SITE,
    },
    "System": {
        "name": ("Roof array",),
        "size": ("8.4",),
        "status": ("Operational",),
        "installedAt": ("2026-03-14",),
        "operationalAt": ("2026-04-01",),
        "monitored": ("yes", "no"),
        "projectId": ("815",),
        "siteId": _SITE,
    },
    "ServicePlanInstance": {
        "servicePlanId": ("Gold",),
        "clientId": _CLIENT,
        **_PERIOD,
        "durationMonths": ("12",),
        "totalPrice": ("289.00",),
        "status": ("Active",),
    },
    "FinancialDocument": {
        "title": ("Invoice 1042",),
        "type": ("invoice", "quote"),
        "status": ("Paid",),
        "amount": ("1249.50",),
        "issueDate": ("2026-03-14",),
        "dueDate": ("2026-04-13",),
        "recordId": ("815",),
        "clientId": _CLIENT,
    },
}
"""By type and field."""
