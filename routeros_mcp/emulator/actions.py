"""Commands of one menu only: updates, files, execute, export."""

from collections.abc import Callable, Mapping

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
    views,
)
from routeros_mcp.emulator.arguments import known, unknown_parameter
from routeros_mcp.emulator.commands import Call, Command, Outcome, nothing, targets
from routeros_mcp.emulator.console import Console, rights
from routeros_mcp.emulator.errors import Refusal, failure, not_found
from routeros_mcp.emulator.export import quoted
from routeros_mcp.emulator.machine import Login
from routeros_mcp.emulator.passing.commands import COMMANDS
from routeros_mcp.emulator.program import finish
from routeros_mcp.emulator.store import Row

CONTENTS_MAX = 61_440
_CHUNK_MAX = 32_768


def flush_cache(call: Call) -> Outcome:
    call.session.need("write")
    call.store.table("/ip/dns/cache").rows.clear()
    return nothing()


def ask_again(call: Call) -> Outcome:
    """Renew or release a lease: the server gives the same one at once. Assumed."""
    call.session.need("write")
    targets(call)
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
    call.store.need_room()
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
    call.store.written[row.number] = call.store.clock.steady()


def execute(call: Call) -> Outcome:
    """Run a script: its output with `as-string`, else a job id; errors are text with status 200.

    Source: vendor manual, REST API; live 7.21.4.
    """
    if "script" not in call.arguments:
        raise Refusal("missing =script=")
    if "as-string" in call.arguments:
        ran, paused_s = finish(console.start(Console(call.store, call.session), call.text("script")))
        return Outcome(content={"ret": ran.output}, takes_s=paused_s)
    login = Login(call.session.user, call.session.granted)
    return Outcome(content={"ret": call.store.machine.run(login, call.text("script"))})


def export(call: Call) -> Outcome:
    """Write an export to a file; the reply has no text. Source: vendor manual, REST API."""
    call.session.need("ftp", "read", "write")
    if "file" not in call.arguments:
        raise unknown_parameter("as-string") if "as-string" in call.arguments else Refusal("missing =file=")
    if "show-sensitive" in call.arguments:
        call.session.need("sensitive")
    call.store.need_room()
    name = call.text("file").removesuffix(".rsc") + ".rsc"
    table = call.store.table("/file")
    row = table.find(name) or operations.add(call.store, "/file", {"name": name})
    script = "/export" + "".join(
        f" {word}" for word in ("terse", "verbose", "show-sensitive") if word in call.arguments
    )
    _finish_file(call, row, console.run(call.store, call.session, script))
    return nothing()


def run_script(call: Call) -> Outcome:
    paused_s = 0.0
    for _, row in targets(call):
        session = rights(Console(call.store, call.session), row)
        _, pause_s = finish(console.start(Console(call.store, session), row.values.get("source", "")))
        paused_s += pause_s
    return Outcome(content=[], takes_s=paused_s)


def import_file(call: Call) -> Outcome:
    """Run a file of commands; its first error is the answer. The form of the refusal is assumed."""
    if "file-name" not in call.arguments:
        raise Refusal("missing =file-name=")
    words = [word for word in ("file-name", "verbose", "from-line") if word in call.arguments]
    given = "".join(f" {word}={quoted(call.text(word))}" for word in words)
    script = f"/import{given}{' dry-run' * ('dry-run' in call.arguments)}"
    ran, paused_s = finish(console.start(Console(call.store, call.session), script))
    if ran.has_failed:
        raise Refusal(ran.output.rstrip().rpartition("\r\n")[2])
    return Outcome(content=[], takes_s=paused_s)


def forget_variables(call: Call) -> Outcome:
    call.session.need("write", "policy")
    names = {row[".id"]: row["name"] for row in views.rows(call.store, call.path)}
    for key in call.words(".id"):
        call.store.globals.pop(names.get(key, key), None)
    return nothing()


def request_logout(_call: Call) -> Outcome:
    raise Refusal("action failed (6)")


def import_key(call: Call) -> Outcome:
    call.session.need("write", "policy")
    ssh_keys.import_file(call.store, call.strings())
    return nothing()


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
    **COMMANDS,
    "/certificate/import": certificates.import_file,
    "/certificate/sign": certificates.sign,
    "/console/inspect": inspection.inspect,
    "/ping": diagnostics.ping,
    "/tool/bandwidth-test": diagnostics.bandwidth_test,
    "/tool/ping": diagnostics.ping,
    "/tool/traceroute": diagnostics.traceroute,
    "/execute": execute,
    "/export": export,
    "/import": import_file,
    "/file/read": read_file,
    "/file/add": add_file,
    "/ip/dhcp-client/release": ask_again,
    "/ip/dhcp-client/renew": ask_again,
    "/interface/ethernet/monitor": diagnostics.monitor_ethernet,
    "/interface/monitor-traffic": diagnostics.monitor_traffic,
    "/ip/dns/cache/flush": flush_cache,
    "/ip/dhcp-server/lease/make-static": make_static,
    "/system/package/apply-changes": packages.apply_changes,
    "/system/package/disable": packages.plan("disable"),
    "/system/package/enable": packages.plan("enable"),
    "/system/package/uninstall": packages.plan("uninstall"),
    "/system/package/unschedule": packages.unschedule,
    "/system/package/update/cancel": packages.cancel_update,
    "/system/package/update/check-for-updates": packages.check_for_updates,
    "/system/script/environment/remove": forget_variables,
    "/system/script/run": run_script,
    "/user/active/request-logout": request_logout,
    "/user/ssh-keys/import": import_key,
}
commands.register(ACTIONS)
