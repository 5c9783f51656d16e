"""A stand-in for Coperniq: a server on loopback that executes `schema.graphql`, with a REST face beside it.

Coperniq publishes no SDL of its GraphQL endpoint, so `schema.graphql` is this project's contract with it, and this
package is that contract as a running server: every operation is parsed, validated and executed by graphql-core, over
real HTTP, on a store that survives `kill -9`. It is not Coperniq: where the contract is silent, the behaviour is
decided here and said in the docstring of the module that decides it.

    python -m sandbox.coperniq --store coperniq.db --port 8765

The modules, from the edge inwards, each knowing only those below it:

* `__main__`: command line, socket, signals.
* `faults`: what can go wrong between the wire and the server, on demand.
* `app`: HTTP: paths, keys, status codes, the access line. `create_app()` returns a plain ASGI application, which is the
  seam for whatever shall stand between the wire and the server.
* `rest`: the REST face below `/v1`, a package of its own.
* `edge`: what both faces share of HTTP.
* `execution`: one GraphQL request against the schema, and the code of each error.
* `batches`: short cuts through graphql-core for lists of inputs and results.
* `resolvers`: what each query and mutation of the contract does.
* `bulk`: create, update and delete of up to 100 records in one transaction.
* `rules`: which inputs are refused, as user errors.
* `search`: `where`, cursors and the limits of a page.
* `contract`, `scalars`: the SDL as an executable schema and as data.
* `store`: the records and the ledger. Below it `lookup` (searches), `value_index` (what makes them quick), `database`
  (the SQLite file, and `reset()`).
* `ledger`: what the server holds and did, for tests to read.
* `records`: the words that all of them share.
"""
