"""The requests of the REST API: one of each verb, and lists page by page.

What belongs here: verbs, pages, which answers fit. What does not: what a record looks like (each resource says).
"""

from __future__ import annotations

from dataclasses import dataclass, field
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

from assets.coperniq.replies import Reply, unending
from assets.coperniq.rest import replies
from assets.coperniq.rest.replies import Answer

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from assets.coperniq.wire import Wire

    Params = Mapping[str, str]
    Fits = Callable[[Any], bool]

PAGE = 100
"""Records of a page; the API gives no more."""

Body = dict[str, Any]
NONE: Params = MappingProxyType({})


def is_object(body: Any) -> bool:
    """Say whether an answer is an object; a contact's is not promised to have an id."""
    return isinstance(body, dict)


def is_record(body: Any) -> bool:
    """Say whether an answer is a record."""
    return isinstance(body, dict) and isinstance(body.get("id"), int)


@dataclass(frozen=True)
class Calls:
    """Makes requests.

    Args:
        wire: Carries them.
        url: The API's base, without a slash at its end.
    """

    wire: Wire
    url: str
    _accounts: dict[int, int] = field(default_factory=dict[int, int], init=False, repr=False)

    def get(self, path: str, params: Params, fits: Fits = is_record) -> Answer:
        """Read one record."""
        return self._send("GET", path, fits, params=params)

    def post(self, path: str, body: Body, params: Params = NONE, fits: Fits = is_record) -> Answer:
        """Make a record; 201 says that it is new, 200 that there was one."""
        return self._send("POST", path, fits, json=body, params=params)

    def patch(self, path: str, body: Body) -> Answer:
        """Change the fields of a record that the body names."""
        return self._send("PATCH", path, is_object, json=body)

    def delete(self, path: str) -> Answer:
        """Delete a record; what the answer holds does not matter."""
        return self._send("DELETE", path, lambda _: True)

    def ask(self, path: str) -> Answer:
        """Read hardly anything of a list: whether it is there."""
        answer = self._send("GET", path, _is_list, params={"page": "1", "page_size": "1"})
        return answer if answer.done else answer.reading_failed()

    def pages(self, path: str, params: Params, first: int = 1) -> Iterator[tuple[int, Answer]]:
        """Yield the pages of a list by their numbers; stops after a failure. The body of each is a list of records."""
        number, before = first, None
        while True:
            asked = {**params, "page": str(number), "page_size": str(PAGE)}
            answer = self._send("GET", path, _is_list, params=asked)
            if not answer.done:
                yield number, answer.reading_failed()
                return
            items: list[Body] = answer.body["items"] if isinstance(answer.body, dict) else answer.body
            ids = [item["id"] for item in items]
            if ids and ids == before:
                yield number, Answer(unending(answer.reply))
                return
            more: bool = answer.body["has_more"] if isinstance(answer.body, dict) else len(items) >= PAGE
            yield number, Answer(answer.reply, items, more)
            if not more:
                return
            number, before = number + 1, ids

    def account_of(self, site: int) -> int | Answer:
        """Return the account that a site belongs to, or the answer that does not say."""
        if site not in self._accounts:
            answer = self.get(f"/sites/{site}", NONE)
            if answer.is_gone:
                return replies.refuse("NO_SITE", f"Coperniq has no site {site}", "siteId")
            if not answer.done:
                return answer.before_sending()
            account = answer.body.get("accountId")
            if not isinstance(account, int):
                said = f"Coperniq's site {site} belongs to no account: give it one"
                return replies.refuse("NO_ACCOUNT", said, "siteId", by_row=False)
            self._accounts[site] = account
        return self._accounts[site]

    def _send(self, method: str, path: str, fits: Fits, **given: Any) -> Answer:
        answered = self.wire.request(method, self.url + path, **given)
        if isinstance(answered, Reply):
            return Answer(answered)
        return replies.read(answered, self.wire.now(), fits, given.get("json"))


def _is_list(body: Any) -> bool:
    items = body.get("items") if isinstance(body, dict) and isinstance(body.get("has_more"), bool) else body
    return isinstance(items, list) and all(is_record(item) for item in items)
