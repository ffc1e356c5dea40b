"""Recipes for what a router is called, whom it asks and who may manage it."""

from __future__ import annotations

from routeros_mcp.domain.errors import InvalidParams
from routeros_mcp.domain.planning.recipes.arguments import Given, Recipe, setting
from routeros_mcp.domain.planning.wishes import Wish

_SERVICES = ("api", "api-ssl", "ftp", "ssh", "telnet", "winbox", "www", "www-ssl")
_INSECURE = ("telnet", "ftp", "www", "api")


def _dns_ntp(given: Given) -> tuple[Wish, ...]:
    dns = given.servers("dns_servers", names_allowed=False)
    ntp = given.servers("ntp_servers", names_allowed=True)
    wanted: list[Wish] = []
    if dns is not None:
        wanted.append(setting("/ip/dns", {"servers": ",".join(dns)}))
    if ntp is not None:
        wanted.append(setting("/system/ntp/client", {"enabled": "yes", "servers": ",".join(ntp)}))
    if not wanted:
        raise InvalidParams(
            "dns_ntp_rollout has nothing to roll out.", fix="Give dns_servers or ntp_servers."
        )
    return tuple(wanted)


def _identity(given: Given) -> tuple[Wish, ...]:
    return (setting("/system/identity", {"name": given.text("name")}),)


def _interface_comment(given: Given) -> tuple[Wish, ...]:
    return (setting("/interface", {"comment": given.text("comment")}, name=given.text("interface") or ""),)


def _service_hardening(given: Given) -> tuple[Wish, ...]:
    """Switch services off and limit those that stay to networks; the manager's own way in is judged apart."""
    off = given.words("disable") or list(_INSECURE)
    networks = given.words("allowed_from")
    unknown = sorted(set(off) - set(_SERVICES))
    if unknown:
        raise InvalidParams(
            f"service_hardening knows no service {', '.join(unknown)}.",
            fix=f"Services: {', '.join(_SERVICES)}.",
        )
    wanted: list[Wish] = [setting("/ip/service", {"disabled": "yes"}, name=name) for name in off]
    if networks is not None:
        stay = [name for name in _SERVICES if name not in off]
        wanted += [setting("/ip/service", {"address": ",".join(networks)}, name=name) for name in stay]
    return tuple(wanted)


RECIPES = (
    Recipe(
        name="dns_ntp_rollout",
        summary="Point routers at these DNS and NTP servers; the NTP client is switched on.",
        arguments={
            "dns_servers": "list of IP addresses for /ip/dns servers",
            "ntp_servers": "list of IP addresses or names for /system/ntp/client servers",
        },
        build=_dns_ntp,
    ),
    Recipe(
        name="identity",
        summary="Name the router.",
        arguments={"name": "the new identity"},
        needs=("name",),
        build=_identity,
    ),
    Recipe(
        name="interface_comment",
        summary="Comment an interface.",
        arguments={"interface": "its name", "comment": "the comment"},
        needs=("interface", "comment"),
        build=_interface_comment,
    ),
    Recipe(
        name="service_hardening",
        summary="Switch insecure services off and limit the others to management networks.",
        arguments={
            "disable": f"list of services, by default {', '.join(_INSECURE)}",
            "allowed_from": "list of networks from which the services that stay may be used",
        },
        build=_service_hardening,
    ),
)
