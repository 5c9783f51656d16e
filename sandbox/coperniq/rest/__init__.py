"""The REST face: the public API of Coperniq, as far as the pipeline's transport and its tests need it.

It stands beside GraphQL on the same store, ledger, keys, limits and faults. Its records are its own: an account made
here is no Contact there. Where the public contract is silent, this server decides, in the module that decides it:

* An unknown member of a body or parameter of a query is 400: what a client believes to have said must not be lost.
* A 400 has `message` and perhaps `field`, and no `code`; 401 and 404 have `message` and `code`.
* A page holds at most 100 records, whatever is asked for. Records come in the order of creation, `asc` by default.
* A delete answers 200 with an empty body. What others refer to is not deleted: 400.

The modules, each knowing only those below:

* `routes`: HTTP: paths, keys, status codes; one request is one transaction.
* `accounts`, `sites`, `assets`, `work_orders`, `documents`: what each endpoint does.
* `call`: one request, as an endpoint sees it.
* `company`: a company's records, and the ledger's entry for each that is written.
* `listing`, `searching`: filters and pages.
* `answers`: records as JSON. `catalogue`: what a company has set up before an import.
* `bodies`: what may be sent; `asset_types`, a long word list of it.
* `kinds`: the kinds of records. `errors`: how a request fails.
"""
