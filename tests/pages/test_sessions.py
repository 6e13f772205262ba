"""A session outlives the tabs that use it."""

from collections.abc import Callable

from playwright.sync_api import Page
from tests.pages.conftest import Visit, Visitor
from tests.pages.slow_answers import SlowAnswers
from tests.pages.steps import sign_in
from tests.render.service import PATIENCE_S, Service

RENEWAL = "/api/auth/refresh"


def renewal_cookie(visitor: Visitor) -> str:
    return next(cookie["value"] for cookie in visitor.context.cookies() if cookie["name"] == "oriel_refresh")


def test_a_tab_that_closes_while_it_renews_the_session_keeps_it(visit: Visit, site: Service) -> None:
    """The new cookie arrives although nobody waits for it: the old one would soon pass for a stolen one."""
    visitor = visit()
    with SlowAnswers.to(site.url, RENEWAL) as slow:
        visitor.url = slow.url
        sign_in(visitor)
        before = renewal_cookie(visitor)
        with slow.holding():
            tab = visitor.context.new_page()
            tab.goto(f"{slow.url}/help")
            wait_until(tab, slow.is_held.is_set)
            tab.close()
            # By now a request that belonged to the tab alone has been dropped.
            visitor.page.wait_for_timeout(1000)
        wait_until(visitor.page, lambda: renewal_cookie(visitor) != before)


def wait_until(page: Page, is_so: Callable[[], bool]) -> None:
    for _ in range(int(PATIENCE_S * 10)):
        if is_so():
            return
        page.wait_for_timeout(100)
    raise AssertionError("it did not happen")
