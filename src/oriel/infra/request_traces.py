"""A span for each HTTP request. What a caller sends as `traceparent` is ignored: traces are the operator's."""

from collections.abc import Callable
from contextlib import ExitStack
from http import HTTPMethod
from typing import TypeVar

from flask import Flask, Response, current_app, g, request
from opentelemetry.trace import SpanKind, StatusCode, get_current_span

from oriel.infra.traces import span

View = TypeVar("View", bound=Callable[..., object])

_UNTRACED = "is_untraced"
# As OpenTelemetry's conventions call methods that HTTP does not know: callers choose them freely.
_OTHER, _OTHER_NAME = "_OTHER", "HTTP"


def untraced(view: View) -> View:
    """Mark a view whose requests need no span."""
    view.__dict__[_UNTRACED] = True
    return view


def trace_requests(app: Flask) -> None:
    """Open a span before all else, and close it when the request is over."""
    app.before_request(_begin)
    app.after_request(_note_answer)
    app.teardown_request(_end)


def _begin() -> None:
    if _is_untraced():
        return
    is_known = request.method in HTTPMethod.__members__
    attributes = {"http.request.method": request.method if is_known else _OTHER}
    name = request.method if is_known else _OTHER_NAME
    if request.url_rule:
        # Without what stands in its place: that may be a secret, or a customer's.
        attributes["http.route"] = request.url_rule.rule
        name = f"{name} {request.url_rule.rule}"
    g.request_span = ExitStack()
    g.request_span.enter_context(span(name, SpanKind.SERVER, attributes))


def _is_untraced() -> bool:
    if request.url_rule is None:
        return False
    # A WebSocket is open for hours, and answers nothing.
    is_socket = request.url_rule.websocket
    return is_socket or getattr(current_app.view_functions[request.url_rule.endpoint], _UNTRACED, False)


def _note_answer(response: Response) -> Response:
    current = get_current_span()
    current.set_attribute("http.response.status_code", response.status_code)
    if response.status_code >= 500:
        current.set_status(StatusCode.ERROR)
    return response


def _end(error: BaseException | None) -> None:
    if error:
        get_current_span().set_status(StatusCode.ERROR)
    if "request_span" in g:
        g.pop("request_span").close()
