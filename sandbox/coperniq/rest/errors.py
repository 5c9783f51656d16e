"""A request of REST that fails: status, message, and what else its body says."""

from __future__ import annotations

from http import HTTPStatus


class RestError(Exception):
    """The request is not carried out."""

    def __init__(self, status: HTTPStatus, message: str, *, code: str | None = None, field: str | None = None) -> None:
        super().__init__(message)
        self.status = status
        said = {"message": message, "code": code, "field": field}
        self.body = {name: value for name, value in said.items() if value is not None}


def bad_request(message: str, field: str | None = None) -> RestError:
    """Make the error of a request that says something wrong."""
    return RestError(HTTPStatus.BAD_REQUEST, message, field=field)


def not_found() -> RestError:
    """Make the error of a record that is not there, or another company's."""
    return RestError(HTTPStatus.NOT_FOUND, "resource not found", code="NOT_FOUND")
