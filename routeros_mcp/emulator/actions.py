"""Commands of one menu only: ping, updates, files, execute, export, reboot."""

import ipaddress
from collections.abc import Mapping
from http import HTTPStatus

from routeros_mcp.emulator import console, operations
from routeros_mcp.emulator.arguments import unknown_parameter
from routeros_mcp.emulator.commands import FOREVER, Call, Command, Outcome, locate, nothing, targets
from routeros_mcp.emulator.errors import Refusal, failure, not_found
from routeros_mcp.emulator.store import Row
from routeros_mcp.emulator.values import canonical_duration

CONTENTS_MAX = 61_440
_CHUNK_MAX = 32_768
_FIRST_JOB = 0xB546
_PING_MS = 551


def ping(call: Call) -> Outcome:
    """Ping `count` times; without a count it never ends. Source: recorded row; vendor manual."""
    call.session.need("test")
    if "address" not in call.arguments:
        raise Refusal("missing =address=")
    count = call.number("count", 0)
    if not count:
        return Outcome(content=[], takes_s=FOREVER)
    host = call.text("address")
    reachable = _answers(host)
    rows = [_ping_row(host, seq, is_answered=reachable) for seq in range(count)]
    return Outcome(content=rows)


def _answers(host: str) -> bool:
    """Documentation network 198.51.100.0/24 is silent here, everything else answers."""
    try:
        return ipaddress.ip_address(host) not in ipaddress.ip_network("198.51.100.0/24")
    except ValueError:
        raise failure("dns server failure") from None


def _ping_row(host: str, seq: int, *, is_answered: bool) -> dict[str, str]:
    sent = str(seq + 1)
    if not is_answered:
        lost = {"packet-loss": "100", "received": "0", "sent": sent, "seq": str(seq), "status": "timeout"}
        return {"host": host, **lost}
    time = f"{_PING_MS}us"
    return {
        "avg-rtt": time,
        "host": host,
        "max-rtt": time,
        "min-rtt": time,
        "packet-loss": "0",
        "received": sent,
        "sent": sent,
        "seq": str(seq),
        "size": "56",
        "time": time,
        "ttl": "64",
    }


def check_for_updates(call: Call) -> Outcome:
    """Answer with progress frames, the last one final. Source: recorded frame shape, vendor statuses."""
    major, minor = call.store.spec.release
    installed = call.store.spec.version
    base = {"channel": "stable", "installed-version": installed}
    latest = "7.23.2" if (major, minor) < (7, 23) else installed
    status = "System is already up to date" if latest == installed else "New version is available"
    return Outcome(
        content=[
            {".section": "0", **base, "status": "finding out latest version..."},
            {".section": "1", **base, "latest-version": latest, "status": status},
        ]
    )


def flush_cache(call: Call) -> Outcome:
    call.session.need("write")
    call.store.table("/ip/dns/cache").rows.clear()
    return nothing()


def monitor_ethernet(call: Call) -> Outcome:
    """Show the link once; without `once` or a duration it never ends. Source: recorded 7.20.5."""
    _, row = targets(call)[0]
    is_up = row.values.get("running") != "false" and row.values.get("disabled") != "true"
    modes = "10M-baseT-half,10M-baseT-full,100M-baseT-half,100M-baseT-full,1G-baseT-half,1G-baseT-full"
    shown = {
        "advertising": modes,
        "auto-negotiation": "done" if is_up else "incomplete",
        "name": row.values["name"],
    }
    if is_up:
        shown |= {
            "full-duplex": "true",
            "rate": "1Gbps",
            "rx-flow-control": "false",
            "tx-flow-control": "false",
        }
    shown |= {"status": "link-ok" if is_up else "no-link", "supported": modes}
    ends = call.arguments.get("once", "false") != "false" or "duration" in call.arguments
    return Outcome(content=[dict(sorted(shown.items()))], takes_s=0.0 if ends else FOREVER)


def monitor_traffic(call: Call) -> Outcome:
    names = [locate(call.store, "/interface", key)[1].values["name"] for key in call.words("interface")]
    rows = [
        {
            "name": name,
            "rx-bits-per-second": "1760",
            "rx-packets-per-second": "2",
            "tx-bits-per-second": "6400",
            "tx-packets-per-second": "3",
        }
        for name in names
    ]
    ends = call.arguments.get("once", "false") != "false" or "duration" in call.arguments
    return Outcome(content=rows, takes_s=0.0 if ends else FOREVER)


def read_file(call: Call) -> Outcome:
    """Return one chunk of a text file. Source: recorded CHR 7.23.7; chunks end at 32 KiB."""
    call.session.need("ftp", "test")
    row = call.store.table("/file").find(call.text("file"))
    if row is None:
        raise not_found()
    data = row.values.get("contents", "").encode("utf-8", "surrogateescape")
    offset, size = call.number("offset", 0), call.number("chunk-size", _CHUNK_MAX)
    if size > _CHUNK_MAX:
        raise Refusal(f"value of chunk-size out of range (1..{_CHUNK_MAX})")
    if offset > len(data):
        raise failure("chunk out of file bounds")
    return Outcome(content=[{"data": data[offset : offset + size].decode("utf-8", "surrogateescape")}])


def add_file(call: Call) -> Outcome:
    row = new_file(call)
    return Outcome(content={"ret": row.id})


def new_file(call: Call) -> Row:
    """Write a text file. Source: recorded limit of about 61,250 bytes, `failure: contents too long`."""
    call.session.need("ftp", "write")
    contents = call.text("contents")
    if len(contents.encode()) > CONTENTS_MAX:
        raise failure("contents too long")
    row = operations.add(call.store, "/file", call.strings())
    _finish_file(call, row, contents)
    return row


def _finish_file(call: Call, row: Row, contents: str) -> None:
    suffix = row.values["name"].rpartition(".")[2]
    row.values |= {"contents": contents, "last-modified": call.store.clock.stamp(), "type": f".{suffix} file"}


def execute(call: Call) -> Outcome:
    """Run a script: its output with `as-string`, else a job id; errors are text with status 200.

    Source: vendor manual, REST API; live 7.21.4.
    """
    if "script" not in call.arguments:
        raise Refusal("missing =script=")
    output = console.run(call.store, call.session, call.text("script"))
    if "as-string" in call.arguments:
        return Outcome(content={"ret": output})
    number = call.store.next_number("/system/script/job") + _FIRST_JOB - 1
    return Outcome(content={"ret": f"*{number:X}"})


def export(call: Call) -> Outcome:
    """Write an export to a file; the reply has no text. Source: vendor manual, REST API."""
    call.session.need("ftp", "read", "write")
    if "file" not in call.arguments:
        raise unknown_parameter("as-string") if "as-string" in call.arguments else Refusal("missing =file=")
    if "show-sensitive" in call.arguments:
        call.session.need("sensitive")
    name = call.text("file").removesuffix(".rsc") + ".rsc"
    table = call.store.table("/file")
    row = table.find(name) or operations.add(call.store, "/file", {"name": name})
    script = "/export" + "".join(
        f" {word}" for word in ("terse", "verbose", "show-sensitive") if word in call.arguments
    )
    _finish_file(call, row, console.run(call.store, call.session, script))
    return nothing()


def run_script(call: Call) -> Outcome:
    for _, row in targets(call):
        row.values["run-count"] = str(int(row.values.get("run-count", "0")) + 1)
        row.values["last-started"] = call.store.clock.stamp()
        console.run(call.store, call.session, row.values.get("source", ""))
    return nothing()


def reboot(call: Call) -> Outcome:
    """Start over: uptime, sessions and dynamic rows go. Source: vendor manual."""
    call.session.need("reboot")
    call.store.reboot()
    return nothing()


def device_mode(_call: Call) -> Outcome:
    raise Refusal("std failure: crashed (9)", HTTPStatus.INTERNAL_SERVER_ERROR)


def update_device_mode(call: Call) -> Outcome:
    """Wait for a person at the button, blocking whoever asked. Source: live 7.21.4."""
    call.session.need("write", "policy")
    if "activation-timeout" in call.arguments:
        bounds = (10_000_000, 86_400_000_000)
        canonical_duration("activation-timeout", call.text("activation-timeout"), bounds)
    return Outcome(content=[], takes_s=FOREVER)


def request_logout(_call: Call) -> Outcome:
    raise Refusal("action failed (6)")


def make_static(call: Call) -> Outcome:
    call.session.need("write")
    for _, row in targets(call):
        for key in [
            k for k in row.values if k.startswith("active-") or k in {"dynamic", "expires-after", "host-name"}
        ]:
            del row.values[key]
    return nothing()


ACTIONS: Mapping[str, Command] = {
    "/ping": ping,
    "/tool/ping": ping,
    "/execute": execute,
    "/export": export,
    "/file/read": read_file,
    "/file/add": add_file,
    "/interface/ethernet/monitor": monitor_ethernet,
    "/interface/monitor-traffic": monitor_traffic,
    "/ip/dns/cache/flush": flush_cache,
    "/ip/dhcp-server/lease/make-static": make_static,
    "/system/device-mode/print": device_mode,
    "/system/device-mode/update": update_device_mode,
    "/system/package/update/check-for-updates": check_for_updates,
    "/system/reboot": reboot,
    "/system/script/run": run_script,
    "/user/active/request-logout": request_logout,
}
