"""What operators see of a customer and do to an account."""

import html
import json
import re
from collections.abc import Callable

import pytest
from apiflask import APIFlask
from flask.testing import FlaskClient
from sqlalchemy import select
from tests.functional.accounts.person import Mailbox
from tests.functional.admin.staff import Operator, trail
from tests.functional.caller import Caller
from tests.functional.database.test_indexes import listening
from tests.functional.media.files import uploaded
from werkzeug.test import TestResponse

from oriel.accounts import access
from oriel.accounts.access import Proof
from oriel.accounts.models import User
from oriel.billing import rights
from oriel.billing.models import HELD, Credit, PlanHolding
from oriel.billing.plans import PRO
from oriel.infra.clock import now
from oriel.infra.database import db, writing
from oriel.infra.events import listeners
from oriel.infra.storage import storage
from oriel.rendering import attempts
from oriel.rendering.models import RenderJob

MakeCaller = Callable[..., Caller]


@pytest.fixture
def ada(caller: MakeCaller) -> Caller:
    return caller()


def page_of(customer: Caller, action: str = "") -> str:
    return f"/admin/users/{customer.user_id}" + (f"/{action}" if action else "")


def credit_states(app: APIFlask) -> list[str]:
    with app.app_context():
        return list(db.session.scalars(select(Credit.state).order_by(Credit.id)))


def status(answer: TestResponse) -> int:
    """Return the status, and close the file that may be behind the answer."""
    answer.close()
    return answer.status_code


def said(operator: Operator, path: str, **fields: object) -> str:
    """Take an action, and return the page that it leads to."""
    answer = operator.post(path, dict(fields))
    assert answer.status_code == 303, answer.text
    return operator.get(answer.headers["Location"]).text


def test_users_are_found_by_mail_name_and_id(app: APIFlask, admin: Operator, ada: Caller, caller: MakeCaller) -> None:
    other = caller()
    with app.app_context(), writing() as session:
        session.get_one(User, ada.user_id).name = "Ada Lovelace"
    for text in (ada.email, ada.email[:-4], ada.email.upper(), "ada", "Ada L", ada.user_id):
        page = admin.get("/admin/users/", query_string={"search": text}).text
        assert (ada.email in page, other.email in page) == (True, False), text
    for text in ("lovelace", "%", "_", "nobody"):
        assert "Nothing matches." in admin.get("/admin/users/", query_string={"search": text}).text


def test_a_list_is_turned_page_by_page(app: APIFlask, admin: Operator) -> None:
    with app.app_context(), writing() as session:
        for number in range(120):
            session.add(User(email=f"crowd{number:03}@example.com", password_hash="", created_at=now()))
    page = admin.get("/admin/users/?search=crowd").text
    assert "120 rows" in page
    seen: list[str] = []
    for expected in (50, 50, 20):
        found = users_in(page)
        assert len(found) == expected
        seen += found
        if expected == 50:
            page = admin.get(link_in(page, "next")).text
    # Those of one millisecond are in any order, and each is there once.
    assert len(set(seen)) == 120
    assert users_in(admin.get(link_in(page, "prev")).text) == seen[50:100]


def users_in(page: str) -> list[str]:
    """Return the ids of the users that a list shows, in its order."""
    return list(dict.fromkeys(re.findall(r'"/admin/users/([0-9a-v]{26})"', page)))


def link_in(page: str, kind: str) -> str:
    """Return the address of the page before or after."""
    found = re.search(rf'<a [^>]*rel="{kind}"[^>]*>', page)
    assert found
    return html.unescape(found[0].partition('href="')[2].partition('"')[0])


def test_a_filter_leaves_the_others_out(app: APIFlask, admin: Operator, ada: Caller) -> None:
    assert ada.email not in admin.get("/admin/users/?role=admin").text
    assert ada.email in admin.get("/admin/users/?role=user&state=enabled").text
    assert ada.email in admin.get("/admin/users/?role=nonsense").text


def test_a_page_shows_everything_of_a_customer_in_twelve_queries(app: APIFlask, admin: Operator, ada: Caller) -> None:
    job = ada.post("/api/render/submit", json={"upload_id": uploaded(ada)}).json
    assert job
    key_id, secret = ada.key()
    ada.passkey()
    with app.app_context(), listening() as sent:
        page = admin.get(page_of(ada)).text
    assert len(sent) <= 12
    assert all(text in page for text in (ada.email, "Waiting", "For a script", "Passkeys", "song.wav"))
    assert secret not in page
    assert key_id


def test_a_page_leads_to_what_a_customer_has(admin: Operator, ada: Caller, caller: MakeCaller) -> None:
    other = caller()
    for each in (ada, other):
        each.post("/api/render/submit", json={"upload_id": uploaded(each)})
        each.post("/api/projects", json={"name": "A fine song", "settings": {"look": "prism"}})
    page = admin.get(page_of(ada)).text
    for part in ("renders", "projects", "uploads"):
        [row] = set(re.findall(rf'"(/admin/{part}/[0-9a-v]{{26}})"', page))
        assert admin.get(row).status_code == 200
        everything = f"/admin/{part}/?search={ada.user_id}"
        assert f'href="{everything}"' in page
        listed = admin.get(everything).text
        assert (row in listed, ada.email in listed, other.email in listed) == (True, True, False), part
    # Nothing was bought: there is no list to show.
    assert "/admin/payments/?search" not in page


def test_a_disabled_customer_is_out_at_once(app: APIFlask, client: FlaskClient, admin: Operator, ada: Caller) -> None:
    job, key = _delivered(app, ada), ada.key()[1]
    with app.app_context():
        link = "/d/" + job.delivery_link.rpartition("/d/")[2]
    proof = Proof(ada.user_id, ada.session_id, None)
    ways: dict[str, Callable[[], int]] = {
        "token": lambda: status(ada.get("/api/user/profile")),
        "key": lambda: status(client.get(f"/api/render/status/{job.id}", headers={"X-API-Key": key})),
        "link": lambda: status(client.get(link)),
        "download": lambda: status(ada.get(f"/api/render/download/{job.id}")),
    }
    before = {name: ask() for name, ask in ways.items()}
    assert before == {"token": 200, "key": 200, "link": 200, "download": 200}
    with app.app_context(), listeners().listening(ada.user_id) as mailbox:
        assert access.is_still_good(proof)
        said(admin, page_of(ada, "disable"), reason="Fraud")
        assert not access.is_still_good(proof)
        # Its sockets are told to ask.
        assert mailbox.get(timeout=120) == ("account", ada.user_id)
    after = {name: ask() for name, ask in ways.items()}
    assert after == {"token": 401, "key": 403, "link": 404, "download": 401}
    assert "The account is enabled." in said(admin, page_of(ada, "enable"), reason="A mistake")
    assert ways["link"]() == 200
    assert [(line.action, line.object_id, line.detail["reason"], line.actor) for line in trail(app)] == [
        ("user.disable", ada.user_id, "Fraud", admin.email),
        ("user.enable", ada.user_id, "A mistake", admin.email),
    ]


def test_nobody_disables_themselves(app: APIFlask, admin: Operator) -> None:
    assert "This is your own account." in said(admin, page_of(admin.caller, "disable"), reason="Try")
    assert trail(app) == []


@pytest.mark.parametrize("action", ["disable", "enable", "grant-credits", "take-credits", "set-plan"])
def test_what_matters_needs_a_reason(app: APIFlask, admin: Operator, ada: Caller, action: str) -> None:
    assert "Please give a reason." in said(admin, page_of(ada, action), count=1, plan="pro", reason="  ")
    assert trail(app) == []


def test_sessions_are_ended(app: APIFlask, admin: Operator, ada: Caller) -> None:
    assert "Sessions ended: 1." in said(admin, page_of(ada, "end-sessions"))
    assert ada.get("/api/user/profile").status_code == 401
    assert [line.action for line in trail(app)] == ["user.end_sessions"]


def test_a_password_reset_is_started_by_support_too(
    app: APIFlask, support: Operator, ada: Caller, mailbox: Mailbox
) -> None:
    assert "A link is on its way" in said(support, page_of(ada, "reset-password"))
    assert [(mail.kind, mail.to) for mail in mailbox.mails()] == [("password_reset", ada.email)]
    assert [(line.action, line.role) for line in trail(app)] == [("user.reset_password", "support")]


def test_no_link_is_promised_that_is_not_sent(app: APIFlask, admin: Operator, ada: Caller, mailbox: Mailbox) -> None:
    for _ in range(3):
        assert "A link is on its way" in said(admin, page_of(ada, "reset-password"))
        mailbox.mails()
    assert "No link was sent" in said(admin, page_of(ada, "reset-password"))
    assert len(mailbox.mails()) == 3
    assert len(trail(app)) == 3


def test_credits_are_given_once_for_each_form_and_taken_back(app: APIFlask, admin: Operator, ada: Caller) -> None:
    form = {"count": 3, "reason": "Our fault", "once": "a" * 26}
    assert "Credits given: 3." in said(admin, page_of(ada, "grant-credits"), **form)
    assert "were given already" in said(admin, page_of(ada, "grant-credits"), **form)
    with app.app_context():
        assert rights.credits_held(db.session, ada.user_id) == 3
    assert "holds only 3 such credits. Nothing was taken" in said(
        admin, page_of(ada, "take-credits"), count=4, reason="x"
    )
    assert credit_states(app) == [HELD, HELD, HELD]
    assert "Credits taken back: 2." in said(admin, page_of(ada, "take-credits"), count=2, reason="Too many")
    assert sorted(credit_states(app)) == [HELD, "taken", "taken"]
    assert [line.detail["count"] for line in trail(app)] == [3, 2]


def test_credits_are_offered_back_where_some_were_given(admin: Operator, ada: Caller) -> None:
    page = f"/admin/users/{ada.user_id}"
    assert "take-credits" not in admin.get(page).text
    said(admin, page_of(ada, "grant-credits"), count=3, reason="Our fault")
    form = admin.get(page).text.partition("take-credits")[2]
    assert 'type="number"' in form
    assert 'min="1" max="3"' in form


def test_a_credit_that_was_given_pays_a_render(app: APIFlask, admin: Operator, ada: Caller) -> None:
    said(admin, page_of(ada, "grant-credits"), count=1, reason="Our fault")
    big = {"output": {"width": 1920, "height": 1080}}
    answer = ada.post("/api/render/submit", json={"upload_id": uploaded(ada), "settings": big})
    assert answer.status_code == 202, answer.text
    assert credit_states(app) == ["reserved"]
    assert "holds no credit that was given" in said(admin, page_of(ada, "take-credits"), count=1, reason="Try")


@pytest.mark.parametrize("count", ["0", "51", "-1", "many", "", "9" * 40, "000000050999"])
def test_credits_are_numbers_within_bounds(app: APIFlask, admin: Operator, ada: Caller, count: str) -> None:
    assert "Please enter a number from 1 to 50." in said(admin, page_of(ada, "grant-credits"), count=count, reason="x")
    assert credit_states(app) == []


def test_a_plan_is_set(app: APIFlask, admin: Operator, ada: Caller) -> None:
    assert "The plan is Pro now." in said(admin, page_of(ada, "set-plan"), plan="pro", reason="A gift")
    assert (ada.get("/api/user/profile").json or {})["plan"] == PRO.name
    assert "There is no plan" in said(admin, page_of(ada, "set-plan"), plan="gold", reason="A gift")
    [line] = trail(app)
    assert line.detail == {"plan": "pro", "reason": "A gift"}


def test_a_subscriber_keeps_the_plan(app: APIFlask, admin: Operator, ada: Caller) -> None:
    with app.app_context(), writing() as session:
        session.add(PlanHolding(user_id=ada.user_id, plan="pro", subscription_id="sub_1"))
    assert "has a subscription" in said(admin, page_of(ada, "set-plan"), plan="free", reason="x")


def test_an_operator_sees_what_a_customer_sees_and_changes_nothing(
    app: APIFlask, support: Operator, ada: Caller
) -> None:
    ada.post("/api/render/submit", json={"upload_id": uploaded(ada)})
    ada.post("/api/projects", json={"name": "A fine song", "settings": {"look": "prism"}})
    answer = support.post(page_of(ada, "view"))
    assert answer.status_code == 200
    assert all(text in answer.text for text in (ada.email, "A fine song", "Waiting"))
    assert all(
        text in answer.text for text in ("of their page “My videos”", "My videos: projects", "My videos: videos")
    )
    # Why a customer may not render: one of five is asked for, and the song is stored.
    assert all(text in answer.text for text in ("Renders of this month", "1 of 5", " of 1 GB"))
    # The button of the frame signs out; there is no other.
    assert answer.text.count("<form") == 1
    [line] = trail(app)
    assert (line.action, line.object_id, line.actor) == ("user.view", ada.user_id, support.email)


def test_the_trail_has_neither_secrets_nor_addresses_of_customers(app: APIFlask, admin: Operator, ada: Caller) -> None:
    for action in ("view", "reset-password", "end-sessions"):
        admin.post(page_of(ada, action))
    told = json.dumps([line.detail for line in trail(app)])
    assert ada.email not in told


def test_nobody_unknown_is_acted_on(app: APIFlask, admin: Operator) -> None:
    token = admin.token()
    for action in ("disable", "enable", "end-sessions", "set-plan", "grant-credits"):
        fields = {"csrf_token": token, "reason": "x", "count": "1", "plan": "pro"}
        assert admin.client.post(f"/admin/users/{'0' * 26}/{action}", data=fields).status_code == 303
    assert trail(app) == []


def test_a_name_is_text(app: APIFlask, admin: Operator, ada: Caller) -> None:
    with app.app_context(), writing() as session:
        session.get_one(User, ada.user_id).name = "<script>alert(1)</script>"
    for path in ("/admin/users/", page_of(ada)):
        page = admin.get(path).text
        assert "<script>alert" not in page
        assert "&lt;script&gt;" in page


def _delivered(app: APIFlask, customer: Caller) -> RenderJob:
    """Make a finished video."""
    customer.post("/api/render/submit", json={"upload_id": uploaded(customer)})
    with app.app_context():
        attempt = attempts.claim("a worker")
        assert attempt
        with storage().write("renders/video.mp4", content_type="video/mp4") as sink:
            sink.write(b"video")
        assert attempts.complete(attempt, attempts.Video("renders/video.mp4", 5, "0" * 64, 10.0, None))
        return db.session.get_one(RenderJob, attempt.job_id, populate_existing=True)
