"""Whether the service still listens for the manager and its login still holds."""

from __future__ import annotations

from collections.abc import Iterator

from routeros_mcp.domain.models.plan import Row
from routeros_mcp.domain.planning.management.matching import any_of, within
from routeros_mcp.domain.planning.management.path import Finding, ManagementPath, Reach, Tables

_NEEDED = {"www-ssl": ("api", "rest-api", "read"), "ssh": ("ssh", "read")}


def closed(path: ManagementPath, tables: Tables) -> list[Finding]:
    """What of service, user and group keeps the login out."""
    return [*_service(path, tables), *_login(path, tables)]


def _service(path: ManagementPath, tables: Tables) -> Iterator[Finding]:
    row = _find(tables, "/ip/service", path.service)
    if row is None:
        return
    said = f"/ip/service: {path.service}"
    if row.get("disabled") == "true":
        yield _cut(f"{said} is disabled", "service")
    if row.get("port", str(path.port)) != str(path.port):
        yield _cut(f"{said} listens on port {row['port']}", "service port")
    if row.get("vrf", "main") != "main":
        yield _cut(f"{said} listens in another VRF", "service vrf")
    allowed = row.get("address") or row.get("available-from") or ""
    if allowed and any_of(within(path.source, part) for part in allowed.split(",")) is not True:
        yield _cut(f"{said} admits {allowed} only", "service address")
    switches = tables.get("/ip/service/webserver", ())
    if path.service == "www-ssl" and any(row.get("rest-secure") in {"false", "no"} for row in switches):
        yield _cut("/ip/service/webserver: REST is switched off", "webserver")


def _login(path: ManagementPath, tables: Tables) -> Iterator[Finding]:
    if not tables.get("/user"):
        return
    user = _find(tables, "/user", path.user)
    if user is None:
        yield _cut(f"/user: the manager's login {path.user} is gone", "user")
        return
    if user.get("disabled") == "true":
        yield _cut(f"/user: the manager's login {path.user} is disabled", "user")
    allowed = user.get("address", "")
    if allowed and any_of(within(path.source, part) for part in allowed.split(",")) is not True:
        yield _cut(f"/user: {path.user} may come from {allowed} only", "user address")
    yield from _policies(path, tables, user.get("group", ""))


def _policies(path: ManagementPath, tables: Tables, name: str) -> Iterator[Finding]:
    group = _find(tables, "/user/group", name)
    if group is None:
        if tables.get("/user/group"):
            yield _cut(f"/user/group: {name}, the group of the manager's login, is gone", "group")
        return
    granted = set(group.get("policy", "").split(","))
    missing = [word for word in _NEEDED.get(path.service, ()) if word not in granted]
    if missing:
        yield _cut(f"/user/group: {name} lacks {', '.join(missing)}", "group policy")


def _find(tables: Tables, menu: str, name: str) -> Row | None:
    rows = (row for row in tables.get(menu, ()) if row.get("dynamic") != "true")
    return next((row for row in rows if row.get("name") == name), None)


def _cut(reason: str, cause: str) -> Finding:
    return Finding(Reach.CUT, reason, cause)
