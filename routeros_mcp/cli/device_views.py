"""How devices and connection tests look in a terminal."""

from __future__ import annotations

from rich.console import Console

from routeros_mcp.cli.output import Payload, facts, footer, moment, shown, state, table


def view_devices(console: Console, payload: Payload) -> None:
    rows = table("NAME", "ADDRESS", "ENV", "STATUS", "ROUTEROS", "MODEL", "HEALTH", "LAST SEEN", "TAGS")
    for device in payload["devices"]:
        rows.add_row(
            shown(device["name"], "bold"),
            shown(device["management_address"]),
            shown(device["environment"]),
            state(device["status"]),
            shown(device.get("routeros_version")),
            shown(device.get("hardware_model")),
            state(device.get("health", {}).get("status", "")),
            shown(moment(device.get("last_seen_at"))),
            shown(_tags(device)),
        )
    if payload["devices"]:
        console.print(rows)
    else:
        console.print("No devices. Add one: routeros-mcp device add NAME ADDRESS")
    footer(console, payload)


def view_device(console: Console, payload: Payload) -> None:
    """All that is known of one device, and its connection test where one was made."""
    health = payload.get("health", {})
    allowed = {"advanced writes": "allow_advanced_writes", "plans": "allow_professional_workflows"}
    console.print(
        facts(
            {
                "name": payload["name"],
                "id": payload["id"],
                "address": payload["management_address"],
                "environment": payload["environment"],
                "status": state(payload["status"]),
                "allows": ", ".join(word for word, flag in allowed.items() if payload[flag]) or "reads only",
                "tags": _tags(payload),
                "model": payload.get("hardware_model"),
                "RouterOS": payload.get("routeros_version"),
                "identity": payload.get("system_identity"),
                "serial": payload.get("serial_number"),
                "license": payload.get("license_level"),
                "certificate": payload.get("certificate_sha256"),
                "SSH port": payload.get("ssh_port"),
                "SSH host key": payload.get("ssh_host_key"),
                "last seen": moment(payload.get("last_seen_at")),
                "health": " ".join(f"{name}={value}" for name, value in health.items()),
            }
        )
    )
    if "test" in payload:
        console.print()
        view_test(console, payload["test"])


def view_test(console: Console, payload: Payload) -> None:
    rows = table("STAGE", "RESULT", "MS", "DETAIL", "WHAT TO DO")
    rows.columns[2].justify = "right"
    over_ssh = [{**stage, "stage": f"ssh: {stage['stage']}"} for stage in payload.get("ssh_stages", ())]
    for stage in (*payload["stages"], *over_ssh):
        rows.add_row(
            shown(stage["stage"]),
            state("ok" if stage["ok"] else "failed"),
            shown(f"{stage['duration_ms']:.0f}"),
            shown(stage["detail"]),
            shown(stage["fix"], "yellow"),
        )
    console.print(rows)
    console.print(shown(payload["summary"], "bold green" if payload["reachable"] else "bold red"))


def _tags(device: Payload) -> str:
    return " ".join(f"{key}={value}" for key, value in device["tags"].items())
