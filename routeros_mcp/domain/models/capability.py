"""What RouterOS versions, boards and package sets differ in: one table, and what is found of one router."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from routeros_mcp.domain.models.release import Release


class Has(StrEnum):
    YES = "yes"
    NO = "no"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True, kw_only=True)
class Capability:
    """One thing that a router may be able to do.

    `since` is the first release with it. `menu` is there on routers that can, and asking for it decides;
    with `rows` True or False it is there on all, and decides by being a list or an object.
    """

    name: str
    means: str
    since: Release | None = None
    menu: str | None = None
    rows: bool | None = None

    def by_release(self, release: Release | None) -> Has:
        """What the version alone says: too old is no; new enough is yes unless it takes more than that."""
        if release is None or self.since is None:
            return Has.UNKNOWN
        if release < self.since:
            return Has.NO
        return Has.UNKNOWN if self.menu else Has.YES


CAPABILITIES = (
    Capability(name="iso_dates", means="dates as 2025-11-27", since=Release(7, 10)),
    Capability(name="ed25519_keys", means="ed25519 keys for SSH logins", since=Release(7, 12)),
    Capability(name="onerror", means=":onerror in scripts", since=Release(7, 13)),
    Capability(name="serialize", means=":serialize in scripts", since=Release(7, 13)),
    Capability(name="device_mode", means="/system/device-mode on every board", since=Release(7, 17)),
    Capability(name="safe_mode_menu", means="/safe-mode", since=Release(7, 18)),
    Capability(name="unset", means="the unset command", since=Release(7, 22)),
    Capability(name="order_by", means="print order-by", since=Release(7, 24)),
    Capability(
        name="webserver_menu",
        means="/ip/service/webserver switches REST",
        since=Release(7, 24),
        menu="/ip/service/webserver",
    ),
    Capability(name="wifi", means="/interface/wifi (wifiwave2 before 7.13)", menu="/interface/wifi"),
    Capability(name="wireless", means="/interface/wireless", menu="/interface/wireless"),
    Capability(name="capsman", means="CAPsMAN of the wireless package", menu="/caps-man/manager"),
    Capability(name="wifi_capsman", means="CAPsMAN of the wifi package", menu="/interface/wifi/capsman"),
    Capability(name="container", means="containers", menu="/container"),
    Capability(name="routerboard", means="RouterBOARD hardware", menu="/system/routerboard"),
    Capability(name="health_list", means="sensors as rows", menu="/system/health", rows=True),
    Capability(name="health_object", means="sensors as one object", menu="/system/health", rows=False),
)
"""Sources: vendor's manual and changelog; live reports on CHR 7.12 to 7.24.

`unset` works on 7.23.2 and is refused on 7.21.4, so 7.22 is a guess between the two.
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class RouterFacts:
    """What /system/resource says a router is; `booted_min` is the minute of its last start."""

    version: str = ""
    architecture: str = ""
    board: str = ""
    booted_min: int = 0

    @property
    def release(self) -> Release | None:
        return Release.parse(self.version)
