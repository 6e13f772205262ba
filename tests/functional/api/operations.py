"""The routes, as the OpenAPI document has them."""

from dataclasses import dataclass
from typing import Any

from apiflask import APIFlask

from oriel.accounts.access import Who
from oriel.accounts.scopes import Scope


@dataclass(frozen=True)
class Operation:
    """A method of a path."""

    method: str
    path: str
    spec: dict[str, Any]

    @property
    def access(self) -> Who:
        return Who(self.spec["x-access"])

    @property
    def schemes(self) -> set[str]:
        """How a caller may prove who they are."""
        return {name for rule in self.spec.get("security", []) for name in rule}

    @property
    def scope(self) -> Scope | None:
        """What an API key must be allowed to do; None where no key will do."""
        scopes = [scope for rule in self.spec.get("security", []) for scope in rule.get("key", [])]
        return Scope(scopes[0]) if scopes else None

    @property
    def ids(self) -> list[str]:
        """The names of what the path is about."""
        return [each["name"] for each in self.spec["parameters"] if each["in"] == "path"]

    def __str__(self) -> str:
        return f"{self.method} {self.path}"


def document(app: APIFlask) -> dict[str, Any]:
    """Return the document as a client gets it."""
    answer = app.test_client().get("/api/openapi.json")
    assert isinstance(answer.json, dict)
    return answer.json


def operations(app: APIFlask) -> list[Operation]:
    """Return every route of the document."""
    paths = document(app)["paths"].items()
    return [Operation(method.upper(), path, spec) for path, methods in paths for method, spec in methods.items()]
