"""The console's own description of its pages, called with whatever it allows and does not."""

from __future__ import annotations

import httpx
import schemathesis
from fastapi import FastAPI
from fastapi.routing import APIRoute
from hypothesis import given, settings
from schemathesis.checks import not_a_server_error

from console.app import _PAGES
from tests.console.serving import Console, csrf_in

_ENDS_THE_SESSION = {"/sign-out", "/sign-in"}
_NEVER_ENDS = {"/stream"}


def test_no_page_breaks_whatever_a_signed_in_officer_sends(console: Console) -> None:
    console.waits()
    console.filed()
    described, count = FastAPI(), 0
    for page in _PAGES:
        for route in page.router.routes:
            assert isinstance(route, APIRoute)
            if route.path not in _ENDS_THE_SESSION | _NEVER_ENDS:
                described.add_api_route(route.path, route.endpoint, methods=list(route.methods))
                count += len(route.methods)
    schema = schemathesis.openapi.from_dict(described.openapi())
    schema.config.update(base_url=console.url)
    with console.browser() as browser:
        tried = 0
        for operation in schema.get_all_operations():
            call(operation.ok(), browser)
            tried += 1
    assert tried == count


def call(operation: schemathesis.schemas.APIOperation, browser: httpx.Client) -> None:
    """Call one handler again and again, with the session's cookie and the word of its forms."""
    csrf = csrf_in(browser.get("/queue").text)

    @settings(max_examples=15, deadline=None)
    @given(operation.as_strategy())
    def once(case: schemathesis.Case) -> None:
        if isinstance(case.body, dict):
            case.body["csrf"] = csrf
        case.call_and_validate(
            checks=[not_a_server_error], cookies=dict(browser.cookies), timeout=20
        )

    once()
