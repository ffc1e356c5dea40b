"""Recipes for wireless networks, with the drivers of wifi and of wireless."""

from __future__ import annotations

from collections.abc import Mapping

from routeros_mcp.domain.errors import InvalidParams
from routeros_mcp.domain.planning.recipes.arguments import Given, Recipe, present, setting
from routeros_mcp.domain.planning.wishes import Wish

_DRIVERS: Mapping[str, Mapping[str, str]] = {
    "wifi": {
        "ssid": "configuration.ssid",
        "hidden": "configuration.hide-ssid",
        "frequency": "channel.frequency",
        "width": "channel.width",
        "country": "configuration.country",
        "tx_power": "configuration.tx-power",
    },
    "wireless": {
        "ssid": "ssid",
        "hidden": "hide-ssid",
        "frequency": "frequency",
        "width": "channel-width",
        "country": "country",
        "tx_power": "tx-power",
    },
}
_COMMON = {"interface": "name of the radio", "driver": "wifi (default) or wireless"}


def _radio(given: Given, wanted: Mapping[str, str | None]) -> tuple[Wish, ...]:
    driver = given.text("driver") or "wifi"
    if driver not in _DRIVERS:
        raise InvalidParams(f"There is no driver {driver!r}.", fix="Drivers: wifi, wireless.")
    values = {_DRIVERS[driver][name]: value for name, value in present(wanted).items()}
    if not values:
        raise InvalidParams(f"{given.recipe} changes nothing.", fix=f"Give one of {', '.join(wanted)}.")
    return (setting(f"/interface/{driver}", values, name=given.text("interface") or ""),)


def _ssid(given: Given) -> tuple[Wish, ...]:
    hidden = given.values.get("hidden")
    flag = None if hidden is None else ("yes" if given.flag("hidden") else "no")
    return _radio(given, {"ssid": given.text("ssid"), "hidden": flag})


def _rf(given: Given) -> tuple[Wish, ...]:
    return _radio(given, {name: given.text(name) for name in ("frequency", "width", "country", "tx_power")})


RECIPES = (
    Recipe(
        name="wifi_ssid",
        summary="Name a wireless network.",
        arguments={**_COMMON, "ssid": "the network's name", "hidden": "true does not announce it"},
        needs=("interface", "ssid"),
        build=_ssid,
    ),
    Recipe(
        name="wireless_rf",
        summary="Set the channel, width, country or power of a radio.",
        arguments={
            **_COMMON,
            "frequency": "MHz, or a list of them as RouterOS writes it",
            "width": "such as 20/40mhz",
            "country": "regulatory domain",
            "tx_power": "dBm",
        },
        needs=("interface",),
        build=_rf,
    ),
)
