"""What a migration may do while the version before still runs (docs/operations.md), read from its source.

`tests/functional/database/test_upgrades_without_downtime.py` applies each migration and looks at what comes of it. This
one names what no look at two schemas can see: locks, defaults that go, names that change.
"""

import ast
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from oriel.app import MIGRATIONS

# Up to here nothing was deployed: no version before ran beside these.
_FIRST_DEPLOYMENT = "1795893600"
# They have a row for each request, render, mail or payment: an index on one of them takes minutes.
_LARGE_TABLES = {
    *("activities", "credits", "outbox_mails", "payment_events", "payments", "project_versions", "projects"),
    *("render_jobs", "render_rights", "resumable_uploads", "uploads", "user_sessions", "users"),
}
_ONLINE = {"create_index_online", "drop_index_online"}
# Each exception: revision and finding, and why it does no harm.
ALLOWED: dict[tuple[str, str], str] = {
    ("1795914000", "create_index on render_jobs: it locks a large table (create_index_online)"): (
        "No row is in this partial index yet: the table is read once, about a second for a million renders."
    ),
}


@dataclass(frozen=True)
class Migration:
    """A migration's source."""

    revision: str
    tree: ast.Module

    @property
    def unread(self) -> set[str]:
        """What no code reads any more: `unread_since` names it, which the other test checks."""
        for node in self.tree.body:
            if isinstance(node, ast.Assign) and [ast.unparse(target) for target in node.targets] == ["unread_since"]:
                return set(ast.literal_eval(node.value))
        return set()


def migrations() -> list[Migration]:
    """Return the migrations since the first deployment, the oldest first."""
    found = [(path.name[1:11], path) for path in sorted(MIGRATIONS.glob("v*.py"))]
    return [Migration(name, ast.parse(path.read_text("utf-8"))) for name, path in found if name > _FIRST_DEPLOYMENT]


def findings(migration: Migration) -> list[str]:
    """Return what a migration does that the version before would not survive, or that locks a large table."""
    upgrade = _function(migration.tree, "upgrade")
    if upgrade is None or not _calls_in(_function(migration.tree, "downgrade")):
        return ["no way back: upgrade() and downgrade() must both be there"]
    calls = list(_calls_in(upgrade))
    made = {_text(call, 0) for _, call in calls if _name(call) == "create_table"}
    found = [finding for table, call in calls for finding in _of_call(table, call, made, migration.unread)]
    names = {_name(call) for _, call in calls}
    if names & _ONLINE and names - _ONLINE:
        found.append("an online index is not alone: what stands beside it would be committed in the middle")
    return found


def _of_call(table: str, call: ast.Call, made: set[str], unread: set[str]) -> Iterator[str]:
    name, first = _name(call), _text(call, 0)
    if name in ("drop_table", "rename_table") and first not in unread | made:
        yield f"{name} {first}"
    elif name == "drop_column" and not {f"{table}.{first}", table} & unread:
        yield f"drop_column {table}.{first}"
    elif name == "alter_column" and table not in made:
        yield from _of_change(f"{table}.{first}", call)
    elif name == "add_column":
        column = call.args[-1]
        if isinstance(column, ast.Call) and _is_required(column) and table not in made:
            yield f"add_column {table}.{_text(column, 0)}: NOT NULL without a default"
    elif name in ("create_index", "create_unique_constraint", "create_foreign_key", "create_check_constraint"):
        about = _text(call, 1) if table == "" else table
        if about in _LARGE_TABLES - made:
            yield f"{name} on {about}: it locks a large table (create_index_online)"
    elif (
        name == "execute" and (words := ast.unparse(call.args[0]).upper()) and ("DROP " in words or "RENAME " in words)
    ):
        yield f"execute {ast.unparse(call.args[0])}: say it with an operation"


def _of_change(column: str, call: ast.Call) -> Iterator[str]:
    given = {keyword.arg: ast.unparse(keyword.value) for keyword in call.keywords}
    if "new_column_name" in given:
        yield f"alter_column {column}: renamed"
    if given.get("nullable") == "False":
        yield f"alter_column {column}: NOT NULL, which the version before may not fill"
    if given.get("server_default") == "None":
        yield f"alter_column {column}: its default goes, which the version before needs"
    if "type_" in given:
        yield f"alter_column {column}: another type rewrites the table"


def _is_required(column: ast.Call) -> bool:
    given = {keyword.arg: ast.unparse(keyword.value) for keyword in column.keywords}
    return given.get("nullable") == "False" and given.get("server_default", "None") == "None"


def _calls_in(function: ast.FunctionDef | None) -> list[tuple[str, ast.Call]]:
    """Return the operations of a function in order, each with the table of the batch that it stands in, or ""."""
    return [] if function is None else list(_walk(function, ""))


def _walk(node: ast.AST, table: str) -> Iterator[tuple[str, ast.Call]]:
    for child in ast.iter_child_nodes(node):
        inside = table
        if isinstance(child, ast.With):
            [batch] = [item.context_expr for item in child.items]
            inside = _text(batch, 0) if isinstance(batch, ast.Call) and _name(batch) == "batch_alter_table" else table
        if isinstance(child, ast.Call) and _is_operation(child):
            # `op.add_column("uploads", …)` names its table, and a batch's method does not.
            own = (
                _text(child, 0)
                if _name(child) in ("add_column", "drop_column", "alter_column") and not table
                else table
            )
            yield own, child
        else:
            yield from _walk(child, inside)


def _is_operation(call: ast.Call) -> bool:
    if isinstance(call.func, ast.Name):
        return call.func.id in _ONLINE
    receiver = ast.unparse(call.func).partition(".")[0]
    return receiver in ("op", "batch_op", "table") and _name(call) not in ("batch_alter_table", "f", "get_bind")


def _name(call: ast.Call) -> str:
    return call.func.attr if isinstance(call.func, ast.Attribute) else ast.unparse(call.func)


def _text(call: ast.Call, at: int) -> str:
    """Return an argument: a text as it is, anything else as it is written."""
    if len(call.args) <= at:
        return ""
    argument = call.args[at]
    if isinstance(argument, ast.Call) and argument.args:
        # op.f("a name").
        argument = argument.args[0]
    return str(argument.value) if isinstance(argument, ast.Constant) else ast.unparse(argument)


def _function(tree: ast.Module, name: str) -> ast.FunctionDef | None:
    return next((node for node in tree.body if isinstance(node, ast.FunctionDef) and node.name == name), None)


@pytest.mark.parametrize("migration", migrations(), ids=lambda each: each.revision)
def test_a_migration_leaves_the_version_before_alone(migration: Migration) -> None:
    refused = [finding for finding in findings(migration) if (migration.revision, finding) not in ALLOWED]
    assert refused == []


def test_every_exception_is_still_needed() -> None:
    found = {(migration.revision, finding) for migration in migrations() for finding in findings(migration)}
    assert ALLOWED.keys() <= found
    assert all(reason.endswith(".") for reason in ALLOWED.values())


def test_the_names_of_the_files_are_their_revisions_in_order() -> None:
    names = [path.name[1:11] for path in sorted(Path(MIGRATIONS).glob("v*.py"))]
    assert names == sorted(set(names))


BATCH = 'with op.batch_alter_table("uploads", schema=None) as batch_op:\n        batch_op.'
REFUSED = {
    'op.drop_table("workers")': "drop_table workers",
    'op.rename_table("workers", "machines")': "rename_table workers",
    f'{BATCH}drop_column("title")': "drop_column uploads.title",
    f'{BATCH}alter_column("title", new_column_name="name")': "alter_column uploads.title: renamed",
    f'{BATCH}alter_column("title", nullable=False)': (
        "alter_column uploads.title: NOT NULL, which the version before may not fill"
    ),
    f'{BATCH}alter_column("title", server_default=None)': (
        "alter_column uploads.title: its default goes, which the version before needs"
    ),
    f'{BATCH}alter_column("title", type_=sa.Text())': "alter_column uploads.title: another type rewrites the table",
    f'{BATCH}add_column(sa.Column("size", sa.Integer(), nullable=False))': (
        "add_column uploads.size: NOT NULL without a default"
    ),
    'op.add_column("uploads", sa.Column("size", sa.Integer(), nullable=False))': (
        "add_column uploads.size: NOT NULL without a default"
    ),
    f'{BATCH}create_index(batch_op.f("ix_uploads_title"), ["title"], unique=False)': (
        "create_index on uploads: it locks a large table (create_index_online)"
    ),
    'op.create_index("ix_uploads_title", "uploads", ["title"])': (
        "create_index on uploads: it locks a large table (create_index_online)"
    ),
    'create_index_online("ix_uploads_title", "uploads", ["title"])\n    op.create_table("more")': (
        "an online index is not alone: what stands beside it would be committed in the middle"
    ),
    'op.execute("DROP TABLE workers")': "execute 'DROP TABLE workers': say it with an operation",
}


@pytest.mark.parametrize("line", REFUSED)
def test_what_would_break_the_version_before_is_found(line: str) -> None:
    assert findings(_with(line)) == [REFUSED[line]]


@pytest.mark.parametrize(
    "line",
    [
        'op.create_table("more", sa.Column("id", sa.String(26)))\n    op.create_index("ix", "more", ["id"])',
        f'{BATCH}add_column(sa.Column("size", sa.Integer(), nullable=True))',
        f'{BATCH}add_column(sa.Column("size", sa.Integer(), nullable=False, server_default="0"))',
        'create_index_online("ix_uploads_title", "uploads", ["title"])',
        'with op.batch_alter_table("workers") as batch_op:\n        batch_op.create_index("ix", ["name"])',
    ],
)
def test_what_the_version_before_does_not_notice_is_allowed(line: str) -> None:
    assert findings(_with(line)) == []


def test_what_no_code_reads_any_more_may_go() -> None:
    migration = _with(f'{BATCH}drop_column("title")')
    migration.tree.body.append(ast.parse('unread_since = {"uploads.title": "1795893600"}').body[0])
    assert findings(migration) == []


def test_a_migration_without_a_way_back_is_found() -> None:
    tree = ast.parse("def upgrade():\n    op.create_table('more')\n\ndef downgrade():\n    pass\n")
    assert findings(Migration("1", tree)) == ["no way back: upgrade() and downgrade() must both be there"]


def _with(line: str) -> Migration:
    return Migration("1", ast.parse(f"def upgrade():\n    {line}\n\ndef downgrade():\n    op.drop_table('more')\n"))
