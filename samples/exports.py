"""The header rows of the exports that the sample files imitate.

What belongs here: headers as the systems write them, and the columns that a user adds where a system's export
lacks something that Coperniq requires. The rows below the headers are made elsewhere.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Export:
    """One system's export: its header row, and what the user added to it by hand."""

    system: str
    own: tuple[str, ...]
    added: tuple[str, ...] = ()

    @property
    def headers(self) -> tuple[str, ...]:
        """Give the header row of the file: the system's columns, then the added ones."""
        return self.own + self.added


HOUSECALL_CUSTOMERS = Export(
    "Housecall Pro customers export",
    (
        "First name", "Last name", "Company", "Mobile number", "Home number", "Email", "Street", "City",
        "State", "Zip", "Customer notes",
    ),
)  # fmt: skip
MHELPDESK_CUSTOMERS = Export(
    "mHelpDesk",
    (
        "CustomerName", "Address1", "Address2", "City", "State", "Zip", "CountryCode", "PrimaryPhone",
        "SecondaryPhone", "Fax", "Email", "ContactFirstName", "ContactLastName", "Note", "CustomerType",
        "Source",
    ),
)  # fmt: skip
HUBSPOT_CONTACTS = Export(
    "HubSpot import template",
    (
        "Email",
        "First Name",
        "Last Name",
        "Company",
        "Phone",
        "Job Title",
        "Website",
    ),
)
QUICKBOOKS_CUSTOMERS = Export(
    "QuickBooks Online Customer Contact List",
    (
        "Customer",
        "Phone Numbers",
        "Email",
        "Full Name",
        "Billing Address",
        "Open Balance",
        "Currency",
    ),
)
SERVICETRADE_LOCATIONS = Export(
    "ServiceTrade locations",
    (
        "location_name", "street", "city", "state", "postalcode", "latitude", "longitude", "phone",
        "primary_contact", "primary_contact_type", "primary_contact_phone", "primary_contact_mobile",
        "primary_contact_alternate_phone", "primary_contact_email",
    ),
)  # fmt: skip
SERVICECORE_SITES = Export(
    "ServiceCore sites",
    (
        "Site ID",
        "External ID",
        "Site Name",
        "Address",
        "City",
        "State",
        "ZIP Code",
        "Notes",
    ),
    added=("Customer",),
)
WENNSOFT_EQUIPMENT = Export(
    "Wennsoft MobileTech equipment",
    (
        "Location", "Equipment", "Description", "Equipment Type", "Manufacturer", "Model Number",
        "Serial Number", "Barcode", "Building ID", "Building Room", "Install Date", "Install By",
        "Warranty Exp", "Ext Warranty Type", "Ext Warranty Exp",
    ),
)  # fmt: skip
EQUIPMENT_CAPTURE = Export(
    "Building equipment capture export",
    (
        "Unit", "Equipment Type", "Sub-Type", "Brand", "Manufacturer", "Model", "Model Number",
        "Serial Number", "Year", "Condition", "Description", "Captured By", "Captured At", "Verified",
    ),
    added=("Site", "Install Date"),
)  # fmt: skip
HOUSECALL_JOBS = Export(
    "Housecall Pro jobs (short)",
    (
        "Job #", "Customer name", "Mobile number", "Service address", "Scheduled start", "Scheduled end",
        "Job status", "Total amount", "Description",
    ),
    added=("Title", "Equipment serial"),
)  # fmt: skip
COPERNIQ_WORKBOOK = Export(
    "Coperniq onboarding workbook (Flatfile)",
    (
        "Title", "Primary Name", "Contact Email", "Contact Phone", "Address", "Workflow", "Stage",
        "Project Size (kW)", "Project Value ($)", "Status", "Trades", "Sales Rep", "Project Manager", "Owner",
        "Battery (kWh)", "Legacy Stage", "System Size (kW DC)", "System Size (kW AC)", "Contract Signed Date",
        "Ownership Type", "Financing Provider", "Gross Contract Price ($)", "Net Contract Price ($)",
        "Sales Commission ($)", "Utility Company", "AHJ", "HOA",
    ),
)  # fmt: skip
MONITORED_SYSTEMS = Export(
    "solar monitoring portal",
    (
        "System Name", "Site Address", "System Size (kW DC)", "System Status", "Install Date", "PTO Date",
        "Monitoring", "Project #", "Inverter", "Last Report",
    ),
)  # fmt: skip
MEMBERSHIPS = Export(
    "Membership export",
    (
        "Customer Name",
        "Customer Email",
        "Membership Name",
        "Status",
        "Start Date",
        "Expiration Date",
    ),
    added=("Price",),
)
QUICKBOOKS_INVOICES = Export(
    "QuickBooks Online invoice import",
    (
        "*InvoiceNo", "*Customer", "*InvoiceDate", "*DueDate", "Terms", "Location", "Memo",
        "Item(Product/Service)", "ItemDescription", "ItemQuantity", "ItemRate", "*ItemAmount", "Service Date",
    ),
)  # fmt: skip
JOBBER_INVOICES = Export(
    "Jobber invoices report",
    (
        "Invoice #",
        "Client name",
        "Client email",
        "Issued date",
        "Line item",
        "Total ($)",
    ),
)
QUOTES = Export(
    "quotes report",
    (
        "Quote #",
        "Client name",
        "Client email",
        "Quote status",
        "Issued date",
        "Line item",
        "Total ($)",
    ),
)
PARTS = Export("parts inventory", ("Part #", "Description", "Bin", "Qty on hand", "Unit cost"))
