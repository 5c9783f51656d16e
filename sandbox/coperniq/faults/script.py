"""What a script of faults may say. It is JSON; every member may be left out.

    {
      "seed": 7,                       chooses everything that is left to chance
      "latency_ms": 100,               of every request, half on the way in and half on the way out
      "jitter_ms": 20,                 at most so much more
      "rate": 100,                     requests a second for each key; bursts of as many
      "daily": 5000,                   requests a rolling day for each key
      "day_seconds": 86400,            how long a day is
      "rules": [
        {
          "fault": "bad_gateway_after", what happens: a member of `Kind`
          "on": "mutation create",      to requests whose label (`labels`) this regular expression finds; default all
          "at": [1, 4],                 to the first and fourth of them
          "from": 3,                    to the third and all later ones
          "probability": 0.1,           to so many of them; default all
          "count": 5,                   at most so often
          "retry_after": 2,             seconds; of `throttle`, `throttled` and `day_used_up`
          "as_date": true,              Retry-After as an HTTP date
          "seconds": 30,                of `hang` and `late`
          "number": 2                   of results that are missing, foreign or rejected; default 1
        }
      ]
    }

Results are those of a bulk mutation of GraphQL, and its inputs are in its variables: what has none is left in peace.
Of the rules that a request meets, the first one that is due happens. Every rule counts, and draws its chance for, every
request that its `on` finds, so that rules do not change each other.
"""

from __future__ import annotations

import json
import re
from enum import StrEnum
from typing import TYPE_CHECKING, Any

from pydantic import BaseModel, ConfigDict, Field, ValidationError, field_validator

if TYPE_CHECKING:
    from pathlib import Path


class ScriptError(ValueError):
    """The script cannot be used; the message says where and why."""


class Kind(StrEnum):
    """What can happen to a request."""

    THROTTLE = "throttle"
    """HTTP 429, with `Retry-After` where `retry_after` is given. Not carried out."""
    THROTTLED = "throttled"
    """HTTP 200 with the error THROTTLED; on REST the same as `throttle`. Not carried out."""
    DAY_USED_UP = "day_used_up"
    """HTTP 429 with a code of its own, as when `daily` is used up. Not carried out."""
    EXPIRED_KEY = "expired_key"
    """HTTP 401. Not carried out."""
    BAD_GATEWAY = "bad_gateway"
    """HTTP 502 with an HTML page. Not carried out."""
    DROP = "drop"
    """The connection is reset. Not carried out."""
    BAD_GATEWAY_AFTER = "bad_gateway_after"
    """HTTP 502 with an HTML page. Carried out."""
    DROP_AFTER = "drop_after"
    """The connection is reset. Carried out."""
    HANG_AFTER = "hang_after"
    """No answer for `seconds`, then the connection is reset. Carried out."""
    LATE = "late"
    """Carried out after `seconds`, whether or not anybody still waits; then the connection is reset."""
    TRUNCATE = "truncate"
    """Half of the answer's JSON. Carried out."""
    SHORT = "short"
    """`number` results are missing. Carried out."""
    REORDER = "reorder"
    """The results come in another order. Carried out."""
    FOREIGN = "foreign"
    """`number` results more, for indexes that were not sent. Carried out."""
    REJECT = "reject"
    """`number` inputs are not carried out and answered with user errors; the others are."""


class Rule(BaseModel):
    """Say which requests meet which fault."""

    model_config = ConfigDict(extra="forbid", frozen=True, populate_by_name=True)

    fault: Kind
    on: str = ""
    at: tuple[int, ...] = ()
    start: int = Field(default=1, ge=1, alias="from")
    probability: float = Field(default=1, ge=0, le=1)
    count: int | None = Field(default=None, ge=0)
    retry_after: float | None = Field(default=None, ge=0)
    as_date: bool = False
    seconds: float = Field(default=60, ge=0)
    number: int = Field(default=1, ge=1)

    @field_validator("on")
    @classmethod
    def _compiles(cls, value: str) -> str:
        try:
            re.compile(value)
        except re.error as error:
            raise ValueError(f"not a regular expression: {error}") from error
        return value


class Script(BaseModel):
    """Say what happens to the requests of a server."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    seed: int = 0
    latency_ms: float = Field(default=0, ge=0)
    jitter_ms: float = Field(default=0, ge=0)
    rate: float | None = Field(default=None, gt=0)
    daily: int | None = Field(default=None, ge=0)
    day_seconds: float = Field(default=86_400, gt=0)
    rules: tuple[Rule, ...] = ()


def parse_script(text: str | bytes) -> Script:
    """Read a script.

    Raises:
        ScriptError: It is not JSON, or says what a script cannot say.
    """
    try:
        return Script.model_validate_json(text)
    except ValidationError as error:
        first = error.errors()[0]
        where = ".".join(str(part) for part in first["loc"]) or "the script"
        raise ScriptError(f"{where}: {first['msg']}") from error


def read_script(path: Path, changes: dict[str, Any]) -> Script:
    """Read a script's file, with members of it replaced.

    Raises:
        ScriptError: It cannot be read, or says what a script cannot say.
    """
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise ScriptError(f"{path}: {error}") from error
    if not isinstance(content, dict):
        raise ScriptError(f"{path}: a script is a JSON object")
    try:
        return parse_script(json.dumps({**content, **changes}))
    except ScriptError as error:
        raise ScriptError(f"{path}: {error}") from error
