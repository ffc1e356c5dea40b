"""Recipes: a name and a few arguments in, operations out."""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from routeros_mcp.domain.errors import InvalidParams
from routeros_mcp.domain.models import ChangeOp
from routeros_mcp.domain.planning.operations import Operation

_LABEL = re.compile(r"[A-Za-z0-9_]([A-Za-z0-9_-]{0,61}[A-Za-z0-9_])?")
_LONGEST_NAME = 253


@dataclass(frozen=True, slots=True, kw_only=True)
class Recipe:
    """`arguments` says what each argument means, for the one who asks."""

    name: str
    summary: str
    arguments: Mapping[str, str]
    build: Callable[[Mapping[str, object]], tuple[Operation, ...]]


def operations_of(name: str, arguments: Mapping[str, object]) -> tuple[Operation, ...]:
    """Build a recipe's operations.

    Raises:
        InvalidParams: no such recipe, an argument it does not have, or a value that cannot be.
    """
    recipe = RECIPES.get(name)
    if recipe is None:
        raise InvalidParams(f"There is no recipe {name!r}.", fix=f"Recipes: {', '.join(RECIPES)}.")
    unknown = sorted(set(arguments) - set(recipe.arguments))
    if unknown:
        raise InvalidParams(
            f"{name} has no argument {', '.join(unknown)}.", fix=f"Valid: {', '.join(recipe.arguments)}."
        )
    return recipe.build(arguments)


def _dns_ntp(arguments: Mapping[str, object]) -> tuple[Operation, ...]:
    dns = _servers(arguments, "dns_servers", names_allowed=False)
    ntp = _servers(arguments, "ntp_servers", names_allowed=True)
    wanted: list[Operation] = []
    if dns is not None:
        wanted.append(_set("/ip/dns", {"servers": ",".join(dns)}))
    if ntp is not None:
        wanted.append(_set("/system/ntp/client", {"enabled": "yes", "servers": ",".join(ntp)}))
    if not wanted:
        raise InvalidParams(
            "dns_ntp_rollout has nothing to roll out.", fix="Give dns_servers or ntp_servers."
        )
    return tuple(wanted)


def _set(path: str, values: Mapping[str, str | None]) -> Operation:
    return Operation(op=ChangeOp.SET, path=path, values=values)


def _servers(arguments: Mapping[str, object], name: str, *, names_allowed: bool) -> Sequence[str] | None:
    given = arguments.get(name)
    if given is None:
        return None
    if not isinstance(given, (list, tuple)) or not given or not all(isinstance(s, str) for s in given):
        raise InvalidParams(f"{name} is no list of servers.", fix=f"Give {name}: ['192.0.2.53', …].")
    for server in given:
        if not _is_server(server, names_allowed=names_allowed):
            what = "address or host name" if names_allowed else "address"
            raise InvalidParams(f"{name}: {server[:100]!r} is no {what}.", fix="Correct it.")
    return [str(server) for server in given]


def _is_server(text: str, *, names_allowed: bool) -> bool:
    try:
        ipaddress.ip_address(text)
    except ValueError:
        return names_allowed and _is_host_name(text)
    return True


def _is_host_name(text: str) -> bool:
    labels = text.removesuffix(".").split(".")
    looks_numeric = all(label.isdigit() for label in labels)
    return not looks_numeric and len(text) <= _LONGEST_NAME and all(map(_LABEL.fullmatch, labels))


RECIPES: Mapping[str, Recipe] = {
    "dns_ntp_rollout": Recipe(
        name="dns_ntp_rollout",
        summary="Point routers at these DNS and NTP servers; the NTP client is switched on.",
        arguments={
            "dns_servers": "list of IP addresses for /ip/dns servers",
            "ntp_servers": "list of IP addresses or names for /system/ntp/client servers",
        },
        build=_dns_ntp,
    )
}
