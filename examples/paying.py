"""Two paying customers: one buys a single render; one subscribes, hits a limit, upgrades, fails to pay and cancels.

python -m examples.paying SONG --url http://127.0.0.1:5000 --output bought.mp4

Without --url it asks the service on this machine, on the port that PORT names (5000 by default). It needs a
development service (`make run`) without a Stripe key: the pages on which it pays are /dev/checkout and /dev/portal,
where nothing is charged.
"""

import argparse
import contextlib
import sys
import time
from collections.abc import Callable
from http import HTTPStatus
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlparse

import httpx
from examples.journey import Journey, local_url, say_below, sentence_of

_PATIENCE_S = 60.0
_POLL_S = 0.3
# A few seconds of the song are enough to see that the video is complete.
_BOUGHT: dict[str, Any] = {
    "look": "halo",
    "output": {"width": 1920, "height": 1080, "fps": 30, "quality": "draft"},
    "range": {"start_s": 0, "duration_s": 5},
}


class PayingCustomer(Journey):
    """A customer who pays on the offline service's pages."""

    def buy(self, **wanted: Any) -> dict[str, Any]:  # noqa: ANN401  (JSON)
        """Open a payment page, press "Pay", and wait for the payment's end."""
        opened = self._post("/api/payments/create-session", json=wanted)
        session_id = parse_qs(urlparse(opened["checkout_url"]).query)["session"][0]
        page = self._http.post("/dev/checkout", data={"session": session_id, "do": "pay"})
        if page.status_code != HTTPStatus.SEE_OTHER:
            raise RuntimeError(f"The payment page answers {page.status_code}.")
        return self.wait(f"/api/payments/status/{session_id}", lambda state: state["status"] != "pending")

    def follow(self, job_id: str) -> dict[str, Any]:
        """Wait for a render's end."""
        return self.wait(f"/api/render/status/{job_id}", lambda state: state["status"] not in ("queued", "processing"))

    def subscription(self) -> dict[str, Any]:
        """Return the subscription."""
        subscription: dict[str, Any] = self._get("/api/billing/subscription")
        return subscription

    def at_billing(self, what: str, **body: Any) -> dict[str, Any]:  # noqa: ANN401  (JSON)
        """Ask for a change of the subscription."""
        subscription: dict[str, Any] = self._post(f"/api/billing/{what}", json=body)
        return subscription

    def change(self, plan: str) -> dict[str, Any]:
        """Preview another plan, change to it, and return the preview."""
        preview: dict[str, Any] = self._post("/api/billing/change/preview", json={"plan": plan})
        self.at_billing("change", plan=plan, token=preview["token"])
        return preview

    def in_portal(self, what: str) -> None:
        """Press a button in the portal."""
        url = str(self._post("/api/billing/portal")["url"])
        customer = parse_qs(urlparse(url).query)["customer"][0]
        page = self._http.get(url).text
        subscription = page.partition('name="subscription" value="')[2].partition('"')[0]
        self._http.post("/dev/portal", data={"customer": customer, "subscription": subscription, "do": what})

    def until(self, **values: object) -> dict[str, Any]:
        """Wait until the subscription has these values."""
        return self.wait("/api/billing/subscription", lambda state: values.items() <= state.items())

    def refusal(self, upload_id: str, settings: dict[str, Any]) -> str:
        """Submit a render that the plan does not allow, and return the refusal."""
        answer = self._http.post("/api/render/submit", json={"upload_id": upload_id, "settings": settings})
        if answer.status_code != HTTPStatus.PAYMENT_REQUIRED:
            raise RuntimeError(f"This order should be refused, but it was answered with {answer.status_code}.")
        return sentence_of(answer)

    def wait(self, path: str, holds: Callable[[dict[str, Any]], bool]) -> dict[str, Any]:
        """Poll until `holds`; raise RuntimeError after a minute without any change."""
        seen, deadline = None, 0.0
        while not holds(state := self._get(path)):
            if state != seen:
                seen, deadline = state, time.monotonic() + _PATIENCE_S
            if time.monotonic() > deadline:
                raise RuntimeError(f"{path} has not changed for {_PATIENCE_S:.0f} s: {state.get('status')}.")
            time.sleep(_POLL_S)
        return dict(state)


def buy_one(customer: PayingCustomer, song: Path, output: Path, say: Callable[[str], None]) -> None:
    """Buy a single render: it starts by itself, has no watermark, and its link comes by email."""
    customer.register()
    upload = customer.upload(song)
    payment = customer.buy(kind="render", render={"upload_id": upload, "settings": _BOUGHT})
    say(f"paid ${payment['amount'] / 100:.2f} for one render without a watermark; it started by itself")
    job = customer.follow(payment["job_id"])
    if job["status"] != "completed" or job["watermark"]:
        raise RuntimeError(f"The render that was bought is {job['status']}, watermark: {job['watermark']}.")
    customer.download(output)


def subscribe(customer: PayingCustomer, song: Path, say: Callable[[str], None]) -> None:
    """Subscribe, hit a limit, upgrade, fail to pay, recover, cancel."""
    customer.register()
    upload = customer.upload(song)
    customer.buy(kind="subscription", plan="pro")
    customer.until(plan="pro", status="active")
    say("subscribed to Pro")
    four_k = {"output": {"width": 3840, "height": 2160}}
    say(f"4K is refused: {customer.refusal(upload, four_k)}")
    cost = customer.change("enterprise")
    customer.until(plan="enterprise")
    say(f"upgraded to Enterprise for ${cost['amount_now'] / 100:.2f}, as the preview had said")
    customer.change("pro")
    customer.until(plan="enterprise", pending_plan="pro")
    say("changed back to Pro from next month; Enterprise stays until then")
    customer.in_portal("card_fails")
    customer.in_portal("renew")
    customer.until(status="past_due", plan="pro")
    say("the renewal payment failed; Pro stays while it is tried again")
    customer.in_portal("card_pays")
    customer.until(status="active", plan="pro")
    say("the card works again, and the invoice is paid")
    customer.at_billing("cancel")
    customer.until(cancel_at_period_end=True)
    customer.in_portal("renew")
    customer.until(plan="free")
    paid = [payment for payment in customer.history()["payments"]["items"] if payment["status"] == "completed"]
    say(f"cancelled and back on Free, with {len(paid)} payments in the history")


def pay(song: Path, url: str, output: Path, say: Callable[[str], None]) -> None:
    """Run both customers at a service; save the bought video to `output`."""
    with contextlib.ExitStack() as left:
        customers = [left.enter_context(contextlib.closing(PayingCustomer(url, say))) for _ in range(2)]
        buy_one(customers[0], song, output, say)
        subscribe(customers[1], song, say)


def main() -> None:
    """Parse the command line and run both customers."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("song", type=Path)
    parser.add_argument("--url", default=local_url())
    parser.add_argument("--output", type=Path, default=Path("bought.mp4"))
    args = parser.parse_args()

    try:
        pay(args.song, args.url, args.output, say_below)
    except httpx.ConnectError:
        sys.exit(f"Nothing answers at {args.url}: start the service with `make run`, or name another one with --url.")
    except (RuntimeError, OSError, httpx.HTTPError) as error:
        sys.exit(f"Error: {error}")
    print(args.output)


if __name__ == "__main__":
    main()
