"""A session outlives the tabs that use it."""

from tests.pages.conftest import Visit, Visitor
from tests.pages.slow_answers import SlowAnswers
from tests.pages.steps import sign_in, wait_until
from tests.render.service import Service

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
