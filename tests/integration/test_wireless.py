"""Clients of access points in one form, sensors in one form, and what a router is found to be able to."""

from __future__ import annotations

import contextlib
from collections.abc import AsyncIterator
from typing import Any

from table_router import TableRouter, enroll
from world import World, world

WIFI = "/interface/wifi/registration-table"
WIRELESS = "/interface/wireless/registration-table"
CAPS = "/caps-man/registration-table"
NEW = {
    ".id": "*1", "interface": "wifi1", "mac-address": "0a:00:00:00:00:01", "ssid": "home", "signal": "-57",
    "rx-rate": "866700000", "tx-rate": "433300000", "uptime": "1h2m3s", "bytes": "81234,991234",
    "band": "5ghz-ax",
}  # fmt: skip
OLD = {
    ".id": "*1", "interface": "wlan1", "mac-address": "0A:00:00:00:00:02", "signal-strength": "-81@6Mbps",
    "rx-rate": "144.4Mbps-20MHz/2S/SGI", "tx-rate": "6Mbps", "uptime": "5m", "bytes": "1,2",
}  # fmt: skip
CAP = {
    ".id": "*1", "interface": "cap1", "mac-address": "0A:00:00:00:00:03", "ssid": "guest", "rx-signal": "-60",
    "rx-rate": "72.2Mbps-20MHz/1S/SGI", "tx-rate": "65Mbps", "uptime": "40s", "bytes": "10,20",
}  # fmt: skip


@contextlib.asynccontextmanager
async def beside(
    tables: dict[str, Any], version: str = "7.16.2 (stable)"
) -> AsyncIterator[tuple[World, TableRouter]]:
    async with world(0) as w, TableRouter(version=version, tables=tables).running() as router:
        await enroll(w.app, router)
        yield w, router


async def test_three_tables_read_as_one_with_the_weakest_first() -> None:
    wireless = {"/interface/wireless": [{".id": "*1", "name": "wlan1", "ssid": "old-home"}], WIRELESS: [OLD]}
    wifi = {"/interface/wifi": [], WIFI: [NEW]}
    caps = {"/caps-man/manager": {"enabled": "true"}, CAPS: [CAP]}
    async with beside({**wireless, **wifi, **caps}) as (w, _):
        found = await w.call("wireless_clients", devices=["old"])
        assert found["clients"] == [
            {
                "device": "old", "system": "wireless", "interface": "wlan1", "mac": "0A:00:00:00:00:02",
                "ssid": "old-home", "signal_dbm": -81, "rx_bps": 144_400_000, "tx_bps": 6_000_000,
                "uptime_s": 300, "tx_bytes": 1, "rx_bytes": 2,
            },
            {
                "device": "old", "system": "caps-man", "interface": "cap1", "mac": "0A:00:00:00:00:03",
                "ssid": "guest", "signal_dbm": -60, "rx_bps": 72_200_000, "tx_bps": 65_000_000,
                "uptime_s": 40, "tx_bytes": 10, "rx_bytes": 20,
            },
            {
                "device": "old", "system": "wifi", "interface": "wifi1", "mac": "0A:00:00:00:00:01",
                "ssid": "home", "signal_dbm": -57, "rx_bps": 866_700_000, "tx_bps": 433_300_000,
                "uptime_s": 3_723, "tx_bytes": 81_234, "rx_bytes": 991_234,
            },
        ]  # fmt: skip


async def test_wifiwave2_is_read_as_wifi() -> None:
    tables = {"/interface/wifiwave2": [], "/interface/wifiwave2/registration-table": [NEW]}
    async with beside(tables, "7.12.1 (stable)") as (w, _):
        found = await w.call("wireless_clients", devices=["old"])
        assert [client["system"] for client in found["clients"]] == ["wifi"]


async def test_routers_without_radios_are_named_and_not_asked_again() -> None:
    async with beside({}) as (w, router):
        for _ in range(2):
            found = await w.call("wireless_clients", devices=["old"])
            assert (found["clients"], found["without_radio"]) == ([], ["old"])
        assert len(router.asked("/interface/wireless")) == 1


async def test_values_that_do_not_read_are_left_out() -> None:
    odd = {**NEW, "signal": "strong", "rx-rate": "?", "uptime": "", "bytes": "many"}
    async with beside({"/interface/wifi": [], WIFI: [odd]}) as (w, _):
        (client,) = (await w.call("wireless_clients", devices=["old"]))["clients"]
        assert set(client) == {"device", "system", "interface", "mac", "ssid", "tx_bps"}


# -- abilities ---------------------------------------------------------------------------------------------


async def test_a_test_of_a_device_says_what_it_can_and_cannot() -> None:
    tables = {"/interface/wireless": [], "/system/health": [{".id": "*1", "name": "voltage", "value": "24"}]}
    async with beside(tables) as (w, _):
        tested = await w.call("device_test", device="old")
        assert {"iso_dates", "onerror", "wireless", "health_list"} <= set(tested["can"])
        assert {"safe_mode_menu", "order_by", "wifi", "container", "routerboard"} <= set(tested["cannot"])
        assert "health_object" in tested["cannot"]
        known = await w.call("device_get", device="old")
        assert (known["can"], known["cannot"]) == (tested["can"], tested["cannot"])


async def test_without_a_test_only_what_the_version_tells_is_known() -> None:
    async with beside({"/interface/wireless": []}) as (w, router):
        known = await w.call("device_get", device="old")
        assert "iso_dates" in known["can"]
        assert "wireless" not in known["can"] + known["cannot"]
        assert router.log == []


async def test_what_was_found_is_found_again_after_another_start() -> None:
    async with beside({}) as (w, router):
        assert "wireless" in (await w.call("device_test", device="old"))["cannot"]
        router.tables["/interface/wireless"] = []
        router.tables["/system/resource"] |= {"uptime": "3m", "version": "7.20.5 (stable)"}
        await w.call("health_check", devices=["old"])
        known = await w.call("device_get", device="old")
        assert "wireless" not in known["cannot"]
        assert "safe_mode_menu" in known["can"]


HEALTH = (
    ([{".id": "*1", "name": "cpu-temperature", "type": "C", "value": "47.5"}], 47.5),
    ({"temperature": "41", "voltage": "24.1"}, 41.0),
    ({"state": "disabled", "state-after-reboot": "disabled"}, None),
    ([{".id": "*1", "name": "psu1-state", "type": "", "value": "ok"}], None),
    ([{".id": "*1", "name": "cpu-temperature", "type": "C", "value": "n/a"}], None),
)


async def test_health_is_read_as_rows_and_as_an_object() -> None:
    async with world(0, health_reuse_s=0) as w, TableRouter("7.20", {}).running() as router:
        await enroll(w.app, router)
        for shown, temperature in HEALTH:
            router.tables["/system/health"] = shown
            (reading,) = (await w.call("health_check", devices=["old"]))["devices"]
            assert reading.get("temperature_celsius") == temperature, shown


async def test_sensors_are_rows_with_units_on_every_router() -> None:
    board = [
        {".id": "*1", "name": "voltage", "type": "V", "value": "24.1"},
        {"name": "psu1-state", "value": "ok"},
    ]
    async with beside({"/system/health": board}) as (w, router):
        for shown in (board, {"voltage": "24.1", "psu1-state": "ok"}):
            router.tables["/system/health"] = shown
            asked = {"devices": ["old"], "path": "/system/health"}
            found = await w.call("routeros_read", **asked, fields=["name", "value"], sort="name")
            bare = [{k: v for k, v in row.items() if k != ".id"} for row in found["groups"][0]["rows"]]
            assert bare == [{"name": "psu1-state", "value": "ok"}, {"name": "voltage", "value": 24.1}]
            one = await w.call("routeros_read", **asked, where={"name": "voltage"})
            assert [(row["type"], row["value"]) for row in one["groups"][0]["rows"]] == [("V", 24.1)]
