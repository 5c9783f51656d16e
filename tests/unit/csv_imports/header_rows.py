"""Header rows as the systems write them that contractors leave, and the field or part that each column should feed.

`None` is a column that is not sent. They are typical, not exhaustive: systems let their users choose columns.
"""

from __future__ import annotations

_ = None

HEADER_ROWS: dict[str, tuple[str, dict[str, str | None]]] = {
    "ServiceTitan customers": ("Contact", {
        "Customer ID": _, "Name": "name", "Type": _, "Street": _, "Unit": _, "City": _, "State": _, "Zip": _,
        "Phone": "phones", "Mobile Phone": "phones", "Email": "emails", "Balance": _, "Created On": _,
        "Do Not Mail": _, "Lead Source": "source",
    }),
    "ServiceTitan locations": ("Site", {
        "Location ID": _, "Location Name": "siteName", "Customer Name": "clientId", "Customer ID": "clientId",
        "Street": "street", "Unit": "street2", "City": "city", "State": "state", "Zip": "zipcode", "Country": _,
        "Tax Zone": _,
    }),
    "ServiceTitan installed equipment": ("Asset", {
        "Customer Name": _, "Location Name": "siteId", "Equipment Name": "name", "Type": "type",
        "Manufacturer": "manufacturer", "Model": "model", "Serial Number": "serialNumber",
        "Installed On": "installDate", "Manufacturer Warranty End": _, "Status": _, "Memo": _,
    }),
    "ServiceTitan jobs": ("Task", {
        "Job #": "jobNumber", "Job Type": "jobType", "Summary": "title", "Status": "status", "Priority": "priority",
        "Customer Name": _, "Location Name": "siteId", "Location Address": "siteId", "Scheduled Date": "startDate",
        "Completion Date": "endDate", "Business Unit": _, "Assigned Technicians": _, "Jobs Total": _, "Invoice #": _,
    }),
    "ServiceTitan memberships": ("ServicePlanInstance", {
        "Customer Name": "clientId", "Membership Type": "servicePlanId", "Status": "status", "Start Date": "startDate",
        "End Date": "endDate", "Duration (Months)": "durationMonths", "Billing Frequency": _, "Sold By": _,
        "Total Price": "totalPrice",
    }),
    "FieldEdge customers": ("Contact", {
        "Customer Number": _, "Display Name": "name", "First Name": "firstName", "Last Name": "lastName",
        "Company Name": "company", "Primary Phone": "phones", "Alternate Phone": "phones", "Email": "emails",
        "Lead Source": "source", "Customer Type": _, "Price Level": _, "Bill To Address": _, "Balance": _,
    }),
    "FieldEdge service agreements": ("ServicePlanInstance", {
        "Agreement Name": "servicePlanId", "Customer Name": "clientId", "Agreement Start Date": "startDate",
        "Agreement End Date": "endDate", "Agreement Status": "status", "Agreement Price": "totalPrice",
        "Visits Remaining": _,
    }),
    "Jobber clients": ("Contact", {
        "Display Name": "name", "First Name": "firstName", "Last Name": "lastName", "Company Name": "company",
        "Main Phone #s": "phones", "Mobile Phone #s": "phones", "Email": "emails", "Billing Street 1": _,
        "Billing City": _,
        "Billing Province": _, "Billing Postal Code": _, "Lead Source": "source", "Tags": _, "Archived": _,
        "Receives automatic visit reminders": _,
    }),
    "Jobber properties": ("Site", {
        "Client Name": "clientId", "Property Street 1": "street", "Property Street 2": "street2",
        "Property City": "city", "Property Province": "state", "Property Postal Code": "zipcode",
        "Property Country": _, "Tax Rate": _,
    }),
    "Jobber quotes": ("FinancialDocument", {
        "Quote #": "title", "Client name": "clientId", "Client email": "clientId", "Client phone": "clientId",
        "Status": "status", "Drafted date": _, "Sent date": "issueDate", "Approved date": _, "Total ($)": "amount",
        "Salesperson": _, "Converted date": _,
    }),
    "Housecall Pro customers": ("Contact", {
        "id": _, "First Name": "firstName", "Last Name": "lastName", "Display Name": "name", "Mobile Number": "phones",
        "Home Number": "phones", "Work Number": "phones", "Email": "emails", "Additional Emails": "emails",
        "Company": "company", "Job Title": "title", "Customer Type": _, "Lead Source": "source", "Do not service": _,
        "Notifications Enabled": _, "Lifetime value": _,
    }),
    "Housecall Pro invoices with addresses": ("FinancialDocument", {
        "Invoice number": "title", "Job #": _, "Customer": "clientId", "Customer email": "clientId",
        "Invoice date": "issueDate", "Due date": "dueDate", "Amount": "amount", "Balance due": _, "Status": "status",
        "Paid at": _,
    }),
    "ServiceTrade assets": ("Asset", {
        "asset_id": _, "asset_name": "name", "asset_type": "type", "location_name": "siteId",
        "location_address": "siteId", "manufacturer": "manufacturer", "model_number": "model",
        "serial_number": "serialNumber", "install_date": "installDate", "service_line": _, "barcode": _,
    }),
    "ServiceTrade jobs": ("Task", {
        "job_number": "jobNumber", "job_name": "title", "job_type": "jobType", "status": "status",
        "location": "siteId", "description": "description", "scheduled_date": "startDate", "due_by": "endDate",
        "vendor": _, "customer_po": _,
    }),
    "Pipedrive people": ("Contact", {
        "Person - Name": "name", "Person - Email - Work": "emails", "Person - Email - Home": "emails",
        "Person - Phone - Work": "phones", "Person - Phone - Mobile": "phones", "Person - Organization": _,
    }),
    "Jobber one-off jobs": ("Task", {
        "Job #": "jobNumber", "Title": "title", "Client name": _, "Service street": "street", "Service city": "city",
        "Service province": "state", "Service ZIP": "zipcode", "Schedule start date": "startDate",
        "Schedule end date": "endDate", "Closed date": _, "Status": "status",
    }),
    "Housecall Pro jobs": ("Task", {
        "Job #": "jobNumber", "Job description": "description", "Customer name": _, "Address": "street",
        "City": "city", "State": "state", "Zip": "zipcode", "Job scheduled start date": "startDate",
        "Job scheduled end date": "endDate", "Job status": "status",
    }),
    "Sage 50 customer list": ("Contact", {
        "Customer ID": _, "Customer Name": "name", "Contact": _, "Telephone 1": "phones", "E-mail": "emails",
        "Fax Number": _, "Terms": _, "Sales Tax ID": _, "Inactive": _,
    }),
    "Sage 100 Contractor clients": ("Contact", {
        "Client": _, "Short Name": _, "Client Name": "name", "Contact 1": _, "Phone": "phones", "Cell": "phones",
        "E-Mail": "emails", "Client Status": "status", "Salesperson": _, "Region": _,
    }),
    "QuickBooks Desktop Customer Contact List": ("Contact", {
        "Customer": "name", "Bill to": _, "Primary Contact": _, "Main Phone": "phones", "Fax": _,
        "Balance Total": _, "Main Email": "emails", "Active Status": _,
    }),
    "QuickBooks Desktop customers, all columns": ("Contact", {
        "Active Status": _, "Customer": "name", "Balance": _, "Company": "company", "Mr./Ms./...": _,
        "First Name": "firstName", "M.I.": _, "Last Name": "lastName", "Job Title": "title", "Main Phone": "phones",
        "Alt. Phone": "phones", "Fax": _, "Main Email": "emails", "CC Email": _, "Bill to 1": _, "Bill to 2": _,
        "Ship to 1": _, "Customer Type": _, "Terms": _, "Rep": _, "Credit Limit": _, "Account No.": _,
    }),
    "QuickBooks Desktop transaction list": ("FinancialDocument", {
        "Type": "type", "Date": "issueDate", "Num": "title", "Name": "clientId", "Memo": _, "Due Date": "dueDate",
        "Aging": _, "Open Balance": _, "Amount": "amount",
    }),
    "QuickBooks Online estimates by customer": ("FinancialDocument", {
        "Date": "issueDate", "Transaction Type": "type", "Num": "title", "Customer": "clientId",
        "Estimate Status": "status", "Accepted Date": _, "Accepted By": _, "Expiration Date": _, "Amount": "amount",
    }),
    "Buildium tenants": ("Contact", {
        "First Name": "firstName", "Last Name": "lastName", "Email": "emails", "Alternate Email": "emails",
        "Mobile Phone": "phones", "Home Phone": "phones", "Work Phone": "phones", "Fax": _, "Property": _, "Unit": _,
        "Lease Start": _, "Lease End": _, "Emergency Contact": _, "Emergency Phone": _, "Date of Birth": _,
    }),
    "Buildium rental properties": ("Site", {
        "Property Name": "siteName", "Address Line 1": "street", "Address Line 2": "street2", "City": "city",
        "State": "state", "Postal Code": "zipcode", "Country": _, "Owner Name": "clientId", "Property Type": _,
        "Year Built": _, "Reserve": _,
    }),
    "Zoho CRM contacts": ("Contact", {
        "Record Id": _, "Contact Owner": _, "Lead Source": "source", "First Name": "firstName",
        "Last Name": "lastName", "Full Name": "name", "Account Name": "company", "Email": "emails",
        "Title": "title", "Department": _, "Phone": "phones", "Home Phone": "phones", "Other Phone": "phones",
        "Fax": _, "Mobile": "phones", "Date of Birth": _, "Assistant": _, "Asst Phone": _, "Email Opt Out": _,
        "Skype ID": _, "Secondary Email": "emails", "Mailing Street": _, "Mailing City": _, "Mailing Zip": _,
    }),
    "Salesforce contacts": ("Contact", {
        "Salutation": _, "First Name": "firstName", "Last Name": "lastName", "Title": "title",
        "Account Name": "company", "Mailing Street": _, "Mailing City": _, "Mailing State/Province": _,
        "Mailing Zip/Postal Code": _, "Phone": "phones", "Mobile": "phones", "Fax": _, "Email": "emails",
        "Contact Owner": _, "Lead Source": "source", "Birthdate": _, "Asst. Phone": _, "Reports To": _,
    }),
    "HubSpot contacts export": ("Contact", {
        "Record ID": _, "First Name": "firstName", "Last Name": "lastName", "Email": "emails",
        "Phone Number": "phones", "Mobile Phone Number": "phones", "Contact owner": _, "Lead Status": "status",
        "Original Source": "source", "Job Title": "title", "Company Name": "company", "Lifecycle Stage": _,
        "Create Date": _, "Last Activity Date": _, "Marketing contact status": _, "Email Domain": _,
    }),
    "Aurora Solar projects": ("System", {
        "Project Name": "name", "Customer First Name": _, "Customer Last Name": _, "Customer Email": _,
        "Property Address": "siteId", "System Size (kW)": "size", "Annual Production (kWh)": _, "Status": "status",
        "Project ID": "projectId", "Created At": _, "Owner": _, "Offset (%)": _,
    }),
    "Enphase Enlighten systems": ("System", {
        "System ID": _, "System Name": "name", "Address": "street", "City": "city", "State": "state",
        "Zip": "zipcode", "Status": "status", "System Size (kW)": "size", "Operational Date": "operationalAt",
        "Installer": _, "Microinverters": _, "Lifetime Energy (kWh)": _, "Last Report": _,
    }),
    "Enphase microinverters": ("Asset", {
        "Microinverter Serial Number": "serialNumber", "SKU": _, "Part Number": _, "Site Name": "siteId",
        "Array Name": _, "Device Name": "name", "Last Reported": _, "Model": "model",
    }),
    "SolarEdge monitoring sites": ("System", {
        "Site Name": "name", "Address": "street", "City": "city", "State": "state", "Zip": "zipcode", "Country": _,
        "Status": "status", "Peak Power (kWp)": "size", "Installation Date": "installedAt", "PTO Date": "operationalAt",
        "Alerts": _, "Highest Impact": _, "Account": _,
    }),
    "Sense monitors": ("System", {
        "System Name": "name", "Customer Name": _, "Site Address": "siteId", "Monitor Serial Number": _,
        "Activated On": "operationalAt", "Is Monitored": "monitored", "Solar Enabled": _, "Firmware": _,
    }),
    "mHelpDesk tickets": ("Task", {
        "TicketNumber": "jobNumber", "Subject": "title", "CustomerName": _, "TicketStatus": "status",
        "ServiceLocation": "siteId", "StartDate": "startDate", "EndDate": "endDate", "AssignedTo": _,
        "Description": "description", "CreatedBy": _,
    }),
    "Workiz clients": ("Contact", {
        "Client ID": _, "First name": "firstName", "Last name": "lastName", "Company name": "company",
        "Primary phone": "phones", "Secondary phone": "phones", "Email": "emails", "Ad group": _,
        "Allow billing": _, "Tax exempt": _, "Client source": "source",
    }),
    "Workiz jobs": ("Task", {
        "Job #": "jobNumber", "Client": _, "Phone": _, "Email": _, "Address": "street", "City": "city",
        "State": "state", "Zip code": "zipcode", "Job type": "jobType", "Status": "status", "Sub status": _,
        "Scheduled start": "startDate", "Scheduled end": "endDate", "Job source": _, "Tech": _, "Total": _,
    }),
    "Kickserv jobs": ("Task", {
        "Job Number": "jobNumber", "Name": _, "Job Name": "title", "Description": "description",
        "Status": "status", "Job Type": "jobType", "Customer Name": _, "Service Address": "siteId",
        "Scheduled On": "startDate", "Completed On": "endDate", "Total": _, "Balance Remaining": _,
    }),
    "Successware customers": ("Contact", {
        "Cust No": _, "Cust Name": "name", "Phone 1": "phones", "Phone 2": "phones", "Email Address": "emails",
        "Cust Type": _, "Credit Rating": _, "Lead Source": "source", "Tax Code": _,
    }),
    "Successware calls": ("Task", {
        "Call No": "jobNumber", "Call Type": "jobType", "Call Status": "status", "Call Date": "startDate",
        "Problem Description": "description", "Address": "street", "City": "city", "State": "state", "Zip": "zipcode",
        "Primary Tech": _, "Zone": _,
    }),
    "WinTac customers": ("Contact", {
        "CN": _, "Last Name": "lastName", "First Name": "firstName", "Company": "company", "Telephone": "phones",
        "Work Phone": "phones", "Cell Phone": "phones", "E-Mail": "emails", "Map Code": _, "Referral Source": "source",
        "Type": _, "User Defined 1": _,
    }),
    "BuildOps assets": ("Asset", {
        "Asset Name": "name", "Asset Type": "type", "Property": "siteId", "Building": "siteId", "Floor": _, "Room": _,
        "Make": "manufacturer", "Model Number": "model", "Serial Number": "serialNumber", "Tonnage": "size",
        "Install Date": "installDate", "Refrigerant Type": _, "Filter Size": _, "Belt Size": _, "Condition": _,
    }),
    "BuildOps properties": ("Site", {
        "Property Name": "siteName", "Customer": "clientId", "Address 1": "street", "Address 2": "street2",
        "City": "city", "State": "state", "Zip Code": "zipcode", "Billing Customer": "clientId", "Site Contact": _,
        "Tax Rate": _, "Time Zone": "timezone",
    }),
    "simPRO sites": ("Site", {
        "Site ID": _, "Site Name": "siteName", "Customer Name": "clientId", "Street Address": "street",
        "Suburb": "city", "State": "state", "Postcode": "zipcode", "Primary Contact": "clientId", "Zone": _,
        "Archived": _,
    }),
    "simPRO invoices": ("FinancialDocument", {
        "Invoice No.": "title", "Customer": "clientId", "Site": _, "Date Issued": "issueDate", "Due Date": "dueDate",
        "Total Ex Tax": _, "Tax": _, "Total Inc Tax": "amount", "Status": "status", "Order No.": _, "Paid Date": _,
    }),
    "Fergus jobs": ("Task", {
        "Job No": "jobNumber", "Job Title": "title", "Customer": _, "Site Address": "siteId", "Job Type": "jobType",
        "Status": "status", "Description": "description", "Start Date": "startDate", "Date Completed": "endDate",
        "Quoted Amount": _, "Customer Order #": _,
    }),
    "Service Fusion customers": ("Contact", {
        "Customer Name": "name", "Account #": _, "Primary Contact": _, "Phone": "phones", "Email": "emails",
        "Customer Status": "status", "Referral Source": "source", "Agent": _, "Credit Limit": _,
        "Payment Terms": _, "Is VIP": _,
    }),
    "Service Fusion jobs": ("Task", {
        "Job #": "jobNumber", "Customer": _, "Job Description": "description", "Category": _, "Status": "status",
        "Priority": "priority", "Service Location": "siteId", "Start Date": "startDate", "End Date": "endDate",
        "Assigned Techs": _, "PO #": _, "Total": _,
    }),
    "GorillaDesk customers": ("Contact", {
        "Account Number": _, "First Name": "firstName", "Last Name": "lastName", "Company": "company",
        "Email": "emails", "Mobile": "phones", "Home": _, "Office": _, "Account Status": "status", "Source": "source",
        "Account Balance": _, "Email Opt In": _, "SMS Opt In": _,
    }),
    "ServiceM8 clients": ("Contact", {
        "Name": "name", "Is Individual": _, "Address": _, "Billing Address": _, "Website": _, "ABN Number": _,
        "Contact First Name": "firstName", "Contact Last Name": "lastName", "Contact Email": "emails",
        "Contact Phone": "phones", "Contact Mobile": "phones",
    }),
    "Google contacts": ("Contact", {
        "Name": "name", "Given Name": "firstName", "Additional Name": _, "Family Name": "lastName", "Birthday": _,
        "E-mail 1 - Type": _, "E-mail 1 - Value": "emails", "Phone 1 - Type": _, "Phone 1 - Value": "phones",
        "Organization 1 - Name": _, "Photo": _,
    }),
    "Outlook contacts": ("Contact", {
        "Title": "title", "First Name": "firstName", "Middle Name": _, "Last Name": "lastName", "Company": "company",
        "Job Title": _, "Business Phone": "phones", "Home Phone": "phones", "Mobile Phone": "phones",
        "E-mail Address": "emails", "E-mail 2 Address": "emails", "Business Fax": _, "Web Page": _, "Anniversary": _,
    }),
    "Maintenance agreements in a spreadsheet": ("ServicePlanInstance", {
        "First Name": "firstName", "Last Name": "lastName", "Phone": _, "Plan": "servicePlanId",
        "Start": "startDate", "Expires": "endDate", "Price": "totalPrice", "Notes": _, "# of Visits": _,
    }),
    "An office's own equipment list": ("Asset", {
        "Customer Name": "siteId", "Unit Type": "type", "Brand": "manufacturer", "Model #": "model",
        "Serial #": "serialNumber", "Date Installed": "installDate", "Filter Size": _, "Last Serviced": _,
    }),
    "Salesforce work orders": ("Task", {
        "Work Order Number": "jobNumber", "Subject": "title", "Account": _, "Status": "status",
        "Priority": "priority", "Street": "street", "City": "city", "State/Province": "state",
        "Zip/Postal Code": "zipcode", "Start Date": "startDate", "End Date": "endDate", "Owner": _,
        "Asset": "assetId", "Case": _,
    }),
}  # fmt: skip
