"""Whether a connection from the manager gets through: link, addresses, service, firewall."""

from dataclasses import dataclass
from enum import StrEnum

from routeros_mcp.emulator.reach import packet_path
from routeros_mcp.emulator.reach.packet_rules import Packet, gets_in, within
from routeros_mcp.emulator.store import Store

_SERVICES = "/ip/service"


class Verdict(StrEnum):
    """What happens to a new connection."""

    OPEN = "open"
    CUT = "cut"
    RESET = "reset"
    SILENT = "silent"


@dataclass(frozen=True, slots=True)
class Door:
    """A service by its name in /ip/service, and the port at which its clients look for it."""

    service: str
    port: int


HTTPS = Door("www-ssl", 443)
SSH = Door("ssh", 22)


def is_served(store: Store, door: Door) -> bool:
    """Say whether the service listens on the port its clients know, as it does on a router just set up."""
    if not (store.is_made(_SERVICES) or _SERVICES in store.spec.config):
        return True
    service = store.table(_SERVICES).find(door.service)
    return (
        service is not None
        and service.values.get("disabled") != "true"
        and service.values["port"] == str(door.port)
        and service.values.get("vrf", "main") == "main"
    )


def is_full(store: Store, door: Door, serving: int) -> bool:
    """Say whether the service has as many connections as its `max-sessions` allows. Source: vendor manual."""
    service = store.table("/ip/service").find(door.service)
    limit = 20 if service is None else int(store.table("/ip/service").effective(service)["max-sessions"])
    established = len(store.connections) if door == HTTPS else 0
    return serving + established >= limit


def judge(store: Store, door: Door) -> Verdict:
    """Decide about a new connection of a client at the manager's address.

    Source: vendor manual, firewall; a client outside the service's `address` is accepted and then closed
    (live 7.21).
    """
    if not packet_path.is_intact(store) or not gets_in(_packet(store, door, "new")):
        return Verdict.SILENT
    return Verdict.OPEN if _is_service_open_to(store, door) else Verdict.CUT


def lives_on(store: Store, door: Door) -> bool:
    """Say whether packets of a connection that was let in before still arrive.

    Source: vendor manual, connection tracking: they are `established`, whatever new ones are.
    """
    return packet_path.is_intact(store) and gets_in(_packet(store, door, "established"))


def answers(store: Store) -> bool:
    """Say whether an answer still reaches the manager: nothing filters it, but it needs link and route."""
    return packet_path.is_intact(store)


def _packet(store: Store, door: Door, state: str) -> Packet:
    spec = store.spec
    interface, port = packet_path.arrival(store)
    return Packet(
        store=store,
        source=spec.manager_address,
        destination=spec.management_address,
        port=door.port,
        interface=interface,
        bridge_port=port,
        state=state,
    )


def _is_service_open_to(store: Store, door: Door) -> bool:
    service = store.table("/ip/service").find(door.service)
    allowed = service.values.get("address", "") if service is not None else ""
    return not allowed or any(within(store.spec.manager_address, network) for network in allowed.split(","))
