"""The ways in which networks, gateways and servers fail, put around the server from outside, on demand and repeatable.

The server inside knows nothing of them: what it is asked, it carries out. The modules, each knowing only those below:

* `wrapper`: the ASGI application around the server; it serves `/faults` beside it.
* `acts`: what each fault does to a request; `exchange`: a request on its way through.
* `answers`: bodies that are made up, and bodies that are changed.
* `injector`: which fault meets which request, by script, seed and order alone; `limits`: the limits of each key.
* `script`: what a script may say. Its docstring is the reference.
* `labels`: what a script calls a request.
* `connections`: the sockets, for faults that break them.
"""
