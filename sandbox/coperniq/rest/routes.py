"""REST over HTTP: which path is whose, the key, JSON in and out. One request is one transaction of the store."""

from __future__ import annotations

import asyncio
import time
from dataclasses import replace
from typing import TYPE_CHECKING

from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from sandbox.coperniq.edge import HTTPRefusalError, company_of, log_access, read_json
from sandbox.coperniq.rest import accounts, assets, documents, sites, work_orders
from sandbox.coperniq.rest.call import Call
from sandbox.coperniq.rest.company import Company
from sandbox.coperniq.rest.errors import RestError

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from concurrent.futures import Executor as Worker

    from starlette.requests import Request

    from sandbox.coperniq.rest.call import Answer
    from sandbox.coperniq.store import Store

    Handler = Callable[[Call], Answer]

_ACCOUNT = "/accounts/{accountId:int}"
_ROUTES: list[tuple[str, str, Handler]] = [
    ("POST", "/accounts", accounts.create_account),
    ("GET", "/accounts", accounts.list_accounts),
    ("GET", "/accounts/search", accounts.search_accounts),
    ("GET", _ACCOUNT, accounts.get_account),
    ("PATCH", _ACCOUNT, accounts.update_account),
    ("DELETE", _ACCOUNT, accounts.delete_account),
    ("POST", "/contacts", accounts.create_contact),
    ("GET", "/contacts", accounts.list_contacts),
    ("GET", "/contacts/{contactId:int}", accounts.get_contact),
    ("PATCH", "/contacts/{contactId:int}", accounts.update_contact),
    ("DELETE", "/contacts/{contactId:int}", accounts.delete_contact),
    ("POST", "/sites", sites.create_site),
    ("GET", "/sites", sites.list_sites),
    ("GET", "/sites/{siteId:int}", sites.get_site),
    ("PATCH", "/sites/{siteId:int}", sites.update_site),
    ("DELETE", "/sites/{siteId:int}", sites.delete_site),
    ("POST", "/assets", assets.create_asset),
    ("GET", "/assets", assets.list_assets),
    ("GET", "/assets/{assetId:int}", assets.get_asset),
    ("PATCH", "/assets/{assetId:int}", assets.update_asset),
    ("POST", f"{_ACCOUNT}/work-orders", work_orders.create_work_order),
    ("GET", f"{_ACCOUNT}/work-orders", work_orders.list_account_work_orders),
    ("PATCH", f"{_ACCOUNT}/work-orders/{{workOrderId:int}}", work_orders.update_work_order),
    ("DELETE", f"{_ACCOUNT}/work-orders/{{workOrderId:int}}", work_orders.delete_work_order),
    ("GET", "/work-orders", work_orders.list_work_orders),
    ("GET", "/work-orders/templates", work_orders.list_templates),
    ("GET", "/work-orders/{workOrderId:int}", work_orders.get_work_order),
    ("POST", "/invoices", documents.create_invoice),
    ("GET", "/invoices", documents.list_invoices),
    ("GET", "/invoices/{invoiceId:int}", documents.get_invoice),
    ("PATCH", "/invoices/{invoiceId:int}", documents.update_invoice),
    ("DELETE", "/invoices/{invoiceId:int}", documents.delete_invoice),
    ("GET", f"{_ACCOUNT}/invoices", documents.list_account_invoices),
    ("POST", "/quotes", documents.create_quote),
    ("GET", "/quotes", documents.list_quotes),
    ("GET", "/quotes/{quoteId:int}", documents.get_quote),
    ("PATCH", "/quotes/{quoteId:int}", documents.update_quote),
    ("DELETE", "/quotes/{quoteId:int}", documents.delete_quote),
]


def rest_routes(store: Store, keys: Mapping[str, int], worker: Worker) -> list[Route]:
    """Give the routes of the REST face; what they do runs on the worker's thread."""

    def endpoint(operation: str, handler: Handler) -> Callable[[Request], object]:
        async def serve(request: Request) -> Response:
            started, company_id, outcome = time.perf_counter(), None, "ok"
            try:
                company_id = company_of(request.headers.get("x-api-key", "").strip(), keys)
                body = await read_json(request) if request.method in ("POST", "PATCH") else None
                company = Company(store, company_id, getattr(request.state, "number", 0))
                call = Call(company, request.path_params, dict(request.query_params), body)
                loop = asyncio.get_running_loop()
                status, content = await loop.run_in_executor(worker, _carry_out, handler, call)
            except RestError as error:
                status, content, outcome = error.status, error.body, error.status.name
            except HTTPRefusalError as error:
                status, outcome = error.status, error.status.name
                content = {"message": str(error), **({"code": outcome} if company_id is None else {})}
            log_access(operation, status, company_id, outcome, started)
            return Response(status_code=status) if content is None else JSONResponse(content, status)

        return serve

    return [
        Route(f"/v1{path}", endpoint(f"{method} /v1{path.replace(':int', '')}", handler), methods=[method])
        for method, path, handler in _ROUTES
    ]


def _carry_out(handler: Handler, call: Call) -> Answer:
    with call.company.store.transaction() as at:
        return handler(replace(call, company=replace(call.company, at=at)))
