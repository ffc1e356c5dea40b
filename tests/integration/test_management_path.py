"""The verdict on the management path against what the emulated router really does."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

import pytest
from lockouts import ACCEPT_OLD, DROP, FILTER, HARMLESS, LOCK_OUTS, SPEC, Recipe, carry_out, located

from routeros_mcp.domain.models import Change, ChangeOp
from routeros_mcp.domain.models.plan import Row
from routeros_mcp.domain.planning.management import MENUS, Judgement, ManagementPath, Reach, discover, judge
from routeros_mcp.domain.planning.rows import Schema
from routeros_mcp.emulator import Fleet, Router, RouterSpec
from routeros_mcp.emulator.reach.reachability import HTTPS, Verdict
from routeros_mcp.emulator.reach.reachability import judge as truth
from routeros_mcp.infra.routeros.schema import FileMenuSchema

SCHEMA = FileMenuSchema()
WAY = ManagementPath(source="198.51.100.10", destination="10.99.0.1", user="admin")


def menus(changes: Sequence[Change]) -> Schema:
    return {path: SCHEMA.menu(path) for path in {*MENUS, *(change.path for change in changes)}}


def tables_of(router: Router) -> Mapping[str, Sequence[Row]]:
    return {path: router.rows(path) for path in MENUS if router.store.has(path)}


def changes_of(router: Router, recipe: Recipe) -> list[Change]:
    changes = []
    for verb, menu, named, values in recipe.edits:
        if verb == "add":
            changes.append(Change(device_id="d1", op=ChangeOp.ADD, path=menu, after=values))
            continue
        row = located(router, menu, named)
        key = {"name": row["name"]} if "name" in row else {".id": row[".id"]}
        op = ChangeOp.SET if verb == "edit" else ChangeOp.REMOVE
        after = values if verb == "edit" else None
        changes.append(Change(device_id="d1", op=op, path=menu, key=key, after=after))
    return changes


async def judged(spec: RouterSpec, recipe: Recipe, way: ManagementPath = WAY) -> tuple[Judgement, Verdict]:
    async with Fleet.running([spec]) as fleet:
        router = fleet[spec.name]
        changes = changes_of(router, recipe)
        said = judge([way], tables_of(router), changes, menus(changes))
        carry_out(router, recipe)
        return said, truth(router.store, HTTPS)


def spec_of(recipe: Recipe) -> RouterSpec:
    return replace(SPEC, config={**SPEC.config, FILTER: recipe.rules})


@pytest.mark.parametrize("recipe", LOCK_OUTS, ids=lambda recipe: recipe.name)
async def test_no_lock_out_is_called_safe(recipe: Recipe) -> None:
    said, truth = await judged(spec_of(recipe), recipe)
    assert truth is not Verdict.OPEN
    assert said.reach is not Reach.SAFE
    assert said.reasons


@pytest.mark.parametrize("recipe", HARMLESS, ids=lambda recipe: recipe.name)
async def test_what_does_no_harm_is_safe(recipe: Recipe) -> None:
    said, truth = await judged(spec_of(recipe), recipe)
    assert truth is Verdict.OPEN
    assert said == Judgement(reach=Reach.SAFE)


async def test_most_lock_outs_are_certain() -> None:
    said = [(await judged(spec_of(recipe), recipe))[0].reach for recipe in LOCK_OUTS]
    assert said.count(Reach.CUT) >= 0.9 * len(said)


async def test_the_rule_that_decides_is_named() -> None:
    recipe = next(r for r in LOCK_OUTS if r.name == "drop new, keep established")
    said, _ = await judged(spec_of(recipe), recipe)
    assert said.reasons == ("/ip/firewall/filter input: rule 2 keeps the manager's next connection out",)


async def test_the_way_in_is_found_from_what_the_router_tells() -> None:
    tables = {
        "/ip/service": (
            {"name": "www-ssl", "port": "443"},
            {
                "name": "www-ssl",
                "dynamic": "true",
                "connection": "true",
                "local": "10.0.0.1:443",
                "remote": "10.0.0.9:5123",
            },
            {
                "name": "www-ssl",
                "dynamic": "true",
                "connection": "true",
                "local": "10.0.0.1:443",
                "remote": "10.0.0.8:5000",
            },
        ),
        "/user/active": (
            {"name": "mcp", "address": "10.0.0.9", "via": "rest-api"},
            {"name": "mcp", "via": "api"},
        ),
    }
    (way,) = discover(tables, "mcp")
    assert (way.source, way.destination, way.port) == ("10.0.0.9", "10.0.0.1", 443)
    assert discover({"/ip/service": ()}, "mcp") == ()


async def test_a_router_that_tells_nothing_is_never_safe() -> None:
    change = Change(device_id="d1", op=ChangeOp.ADD, path=FILTER, after=ACCEPT_OLD)
    assert judge([], {FILTER: ()}, [change], menus([change])).reach is Reach.AT_RISK


async def test_a_way_that_the_rows_do_not_explain_is_never_safe() -> None:
    """The manager is in although the model would drop it: it does not know this router."""
    change = Change(
        device_id="d1", op=ChangeOp.ADD, path=FILTER, after={"chain": "forward", "action": "drop"}
    )
    async with Fleet.running([replace(SPEC, config={**SPEC.config, FILTER: (ACCEPT_OLD, DROP)})]) as fleet:
        said = judge([WAY], tables_of(fleet["edge"]), [change], menus([change]))
    assert said.reach is Reach.AT_RISK


async def test_what_rows_cannot_tell_is_at_risk_and_the_rest_of_the_router_is_safe() -> None:
    async with Fleet.running([SPEC]) as fleet:
        tables = tables_of(fleet["edge"])
    risky = Change(
        device_id="d1",
        op=ChangeOp.SET,
        path="/interface/ethernet",
        key={"name": "ether1"},
        after={"arp": "disabled"},
    )
    dns = Change(device_id="d1", op=ChangeOp.SET, path="/ip/dns", after={"servers": "192.0.2.1"})
    assert judge([WAY], tables, [risky], menus([risky])).reach is Reach.AT_RISK
    assert judge([WAY], tables, [dns], menus([dns])) == Judgement(reach=Reach.SAFE)


@pytest.mark.parametrize(
    ("menu", "key", "after", "word"),
    [
        ("/ip/service", "www-ssl", {"disabled": "true"}, "disabled"),
        ("/ip/service", "www-ssl", {"port": "8443"}, "8443"),
        ("/ip/service", "www-ssl", {"certificate": "other"}, "pinned"),
        ("/user", "admin", {"disabled": "true"}, "disabled"),
        ("/user", "admin", {"password": "other-secret"}, "password"),
        ("/user", "admin", {"address": "192.0.2.0/24"}, "192.0.2.0/24"),
        ("/user", "admin", {"group": "poor"}, "rest-api"),
        ("/user/group", "full", {"policy": "read,!api"}, "lacks"),
    ],
)
async def test_service_login_and_group_decide(menu: str, key: str, after: dict[str, str], word: str) -> None:
    groups = {"/user/group": ({"name": "poor", "policy": "read,api"},)}
    async with Fleet.running([replace(SPEC, config={**SPEC.config, **groups})]) as fleet:
        tables = tables_of(fleet["edge"])
    change = Change(device_id="d1", op=ChangeOp.SET, path=menu, key={"name": key}, after=after)
    said = judge([WAY], tables, [change], menus([change]))
    assert said.reach is Reach.CUT
    assert word in " ".join(said.reasons)
    assert "other-secret" not in " ".join(said.reasons)


async def test_a_renamed_interface_takes_its_references_along() -> None:
    async with Fleet.running([SPEC]) as fleet:
        tables = tables_of(fleet["edge"])
    for menu, key in (("/interface/vlan", "vlan99"), ("/interface", "ether3")):
        change = Change(
            device_id="d1", op=ChangeOp.SET, path=menu, key={"name": key}, after={"name": "renamed"}
        )
        assert judge([WAY], tables, [change], menus([change])) == Judgement(reach=Reach.SAFE)


async def test_a_port_that_may_lead_to_the_manager_is_never_given_up_as_safe() -> None:
    """Another port carries the VLAN as well: the rows do not tell behind which of them the manager is."""
    both = {"bridge": "bridge", "tagged": "bridge,ether2,ether3", "vlan-ids": "99"}
    spec = replace(SPEC, config={**SPEC.config, "/interface/bridge/vlan": (both,)})
    for name in ("disable the port", "take the port out of the bridge", "untag the VLAN from the port"):
        recipe = next(recipe for recipe in LOCK_OUTS if recipe.name == name)
        said, truth = await judged(spec, recipe)
        assert (truth, said.reach) in {(Verdict.SILENT, Reach.AT_RISK), (Verdict.SILENT, Reach.CUT)}
