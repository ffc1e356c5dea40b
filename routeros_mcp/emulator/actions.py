"""Commands of one menu only: updates, files, execute, export, reboot."""

from collections.abc import Callable, Mapping
from http import HTTPStatus

from routeros_mcp.emulator import (
    certificates,
    commands,
    console,
    diagnostics,
    inspection,
    operations,
    packages,
    rules,
    ssh_keys,
)
from routeros_mcp.emulator.arguments import known, unknown_parameter
from routeros_mcp.emulator.commands import FOREVER, Call, Command, Outcome, nothing, targets
from routeros_mcp.emulator.errors import Refusal, failure, not_found
from routeros_mcp.emulator.store import Row
from routeros_mcp.emulator.values import canonical_duration

CONTENTS_MAX = 61_440
_CHUNK_MAX = 32_768
_FIRST_JOB = 0xB546
_APPLY_SINCE = (7, 18)


def flush_cache(call: Call) -> Outcome:
    call.session.need("write")
    call.store.table("/ip/dns/cache").rows.clear()
    return nothing()


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


def new_key(call: Call) -> Row:
    """Install a public key given as text. Source: menu tree; the file import takes the same keys."""
    commands.need_write(call.session, call.path)
    menu = call.store.menu(call.path)
    given = known(menu, call.strings())
    rules.check_required(menu, given)
    ssh_keys.install(call.store, given.get("user", call.session.user), given["key"])
    return call.store.table(call.path).rows[-1]


def _finish_file(call: Call, row: Row, contents: str) -> None:
    suffix = row.values["name"].rpartition(".")[2]
    row.values |= {"contents": contents, "last-modified": call.store.stamp(), "type": f".{suffix} file"}


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
        row.values["last-started"] = call.store.stamp()
        console.run(call.store, call.session, row.values.get("source", ""))
    return nothing()


def reboot(call: Call) -> Outcome:
    """Start over: uptime, sessions and dynamic rows go; planned packages too since 7.18. Source: manual."""
    call.session.need("reboot")
    if call.store.spec.release < _APPLY_SINCE:
        call.store.apply_packages()
    call.store.planned.clear()
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


def refuse_safe_mode(_call: Call) -> Outcome:
    """Refuse: safe mode belongs to a session, and a request is none. Source: public findings, 7.18 on."""
    raise failure("safe mode needs a console session")


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


ADDING: Mapping[str, Callable[[Call], Row]] = {"/file": new_file, "/user/ssh-keys": new_key}
ACTIONS: Mapping[str, Command] = {
    "/certificate/import": certificates.import_file,
    "/certificate/sign": certificates.sign,
    "/console/inspect": inspection.inspect,
    "/ping": diagnostics.ping,
    "/tool/bandwidth-test": diagnostics.bandwidth_test,
    "/tool/ping": diagnostics.ping,
    "/tool/traceroute": diagnostics.traceroute,
    "/execute": execute,
    "/export": export,
    "/file/read": read_file,
    "/file/add": add_file,
    "/interface/ethernet/monitor": diagnostics.monitor_ethernet,
    "/interface/monitor-traffic": diagnostics.monitor_traffic,
    "/ip/dns/cache/flush": flush_cache,
    "/ip/dhcp-server/lease/make-static": make_static,
    **{f"/safe-mode/{name}": refuse_safe_mode for name in ("release", "take", "toggle", "unroll")},
    "/system/device-mode/print": device_mode,
    "/system/device-mode/update": update_device_mode,
    "/system/package/apply-changes": packages.apply_changes,
    "/system/package/disable": packages.plan("disable"),
    "/system/package/enable": packages.plan("enable"),
    "/system/package/uninstall": packages.plan("uninstall"),
    "/system/package/unschedule": packages.unschedule,
    "/system/package/update/cancel": packages.cancel_update,
    "/system/package/update/check-for-updates": packages.check_for_updates,
    "/system/reboot": reboot,
    "/system/script/run": run_script,
    "/user/active/request-logout": request_logout,
}
