"""A customer with a project, whose browser is signed in, and who calls the API beside it."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.pages import calls
from tests.pages.conftest import PASSWORD, Visit, Visitor
from tests.pages.steps import TINY, sign_in
from tests.render.service import Service

SETTINGS = {**TINY, "look": "halo"}


@dataclass(frozen=True)
class Owner:
    """A customer beside the browser, with a project."""

    site: Service
    visitor: Visitor
    email: str
    headers: dict[str, str]
    project: str

    def call(self, method: str, path: str = "", **options: Any) -> Any:  # noqa: ANN401  (JSON)
        """Call a path of the API, or one below the project."""
        below = path if path.startswith("/api/") else f"/api/projects/{self.project}{path}"
        url = f"{self.site.url}{below}"
        answer = calls.request(method, url, headers=self.headers, **options).raise_for_status()
        return answer.json() if answer.content else None

    def share(self, **switches: bool) -> str:
        """Switch the link on and return its path."""
        link = str(self.call("PATCH", "/sharing", json={"link": True, **switches})["link"])
        return link.removeprefix(self.site.url)

    def invite(self, email: str, role: str = "editor") -> str:
        return str(self.call("POST", "/people", json={"email": email, "role": role})["id"])


def owner_with_project(visit: Visit, site: Service, song: Path, width: int = 1280) -> Owner:
    """Sign a customer in who has a project with a song."""
    visitor = visit(width)
    email = sign_in(visitor).email
    login = calls.post(f"{site.url}/api/auth/login", json={"email": email, "password": PASSWORD}).json()
    headers = {"Authorization": f"Bearer {login['access_token']}"}
    calls.put(f"{site.url}/api/user/profile", headers=headers, json={"name": "Ada"}).raise_for_status()
    upload = calls.post(f"{site.url}/api/uploads", headers=headers, files={"audio": (song.name, song.read_bytes())})
    body = {"name": "Night Drive", "upload_id": upload.raise_for_status().json()["id"], "settings": SETTINGS}
    project = calls.post(f"{site.url}/api/projects", headers=headers, json=body).raise_for_status().json()["id"]
    return Owner(site, visitor, email, headers, project)
