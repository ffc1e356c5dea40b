"""What may be typed after `routeros-mcp`, and which function each command runs."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable, Sequence
from importlib import import_module
from pathlib import Path

_EPILOG = """\
exit codes:
  0 done    1 refused or failed    2 not understood    3 the installation is not usable as it stands
  130 interrupted

Settings come from the command line, ROUTEROS_MCP_* variables, the settings file and defaults, in this order.
Secrets are never arguments: they are asked for on the terminal, or come from a private file.
"""


class Later:
    """A command's function, imported when it runs: no command waits for what others need."""

    def __init__(self, module: str, function: str = "run") -> None:
        self.module = f"routeros_mcp.cli.{module}"
        self.function = function

    def load(self) -> Callable[[argparse.Namespace], int]:
        run: Callable[[argparse.Namespace], int] = getattr(import_module(self.module), self.function)
        return run

    def __call__(self, chosen: argparse.Namespace) -> int:
        return self.load()(chosen)


class _Group:
    """Commands side by side; each takes the global options too, after its name."""

    def __init__(self, parser: argparse.ArgumentParser, shared: argparse.ArgumentParser) -> None:
        self._parsers = parser.add_subparsers(required=True, metavar="COMMAND", title="commands")
        self._shared = shared

    def command(self, name: str, run: Later, summary: str, more: str = "") -> argparse.ArgumentParser:
        parser = self._add(name, summary, more)
        parser.set_defaults(run=run)
        return parser

    def group(self, name: str, summary: str) -> _Group:
        return _Group(self._add(name, summary), self._shared)

    def _add(self, name: str, summary: str, more: str = "") -> argparse.ArgumentParser:
        return self._parsers.add_parser(
            name,
            help=summary,
            description=f"{summary[0].upper()}{summary[1:]}. {more}".strip(),
            parents=[self._shared],
            allow_abbrev=False,
        )


def parse(words: Sequence[str]) -> argparse.Namespace:
    """Read a command line. `run` is the command, `json` says whether a machine reads the answer.

    Raises:
        SystemExit: 2 when it cannot be understood, 0 after help or version.
    """
    unset = argparse.Namespace(config=None, data_dir=None, lab=False, json=False)
    return build_parser().parse_args(words, unset)


def build_parser() -> argparse.ArgumentParser:
    shared = _global_options()
    parser = argparse.ArgumentParser(
        prog="routeros-mcp",
        description="Operate fleets of MikroTik RouterOS routers through MCP.",
        epilog=_EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
        parents=[shared],
        allow_abbrev=False,
    )
    parser.add_argument("--version", action=_Version, nargs=0, help="print the version and exit")
    commands = _Group(parser, shared)
    _add_servers(commands)
    _add_proof(commands)
    _add_devices(commands.group("device", "the registry of routers"))
    _add_plans(commands.group("plan", "review, decide on, apply and undo changes"))
    _add_policy(commands.group("policy", "the rules by which plans are approved"))
    _add_jobs(commands.group("job", "what is running and how it ended"))
    _add_users(commands.group("user", "people who prove themselves on a terminal"))
    _add_audit(commands.group("audit", "the audit trail"))
    _add_database(commands.group("db", "the database and its schema"))
    _add_keys(commands.group("keys", "the master key that seals secrets at rest"))
    return parser


class _Version(argparse.Action):
    """Prints the version without importing anything of ours before it is asked for."""

    def __call__(self, parser: argparse.ArgumentParser, *_: object) -> None:
        sys.stdout.write(f"routeros-mcp {import_module('routeros_mcp').__version__}\n")
        parser.exit()


def _global_options() -> argparse.ArgumentParser:
    # Suppressed defaults: an option before the command is not reset by its absence after it.
    shared = argparse.ArgumentParser(add_help=False, argument_default=argparse.SUPPRESS)
    options = shared.add_argument_group("global options, before or after the command")
    options.add_argument(
        "--data-dir", type=Path, metavar="DIR", help="where database, key and settings file are"
    )
    options.add_argument("--config", type=Path, metavar="FILE", help="a TOML file with settings")
    options.add_argument("--lab", action="store_true", help="use the running lab's data directory")
    options.add_argument("--json", action="store_true", help="print JSON on standard output, for machines")
    return shared


def _add_servers(commands: _Group) -> None:
    commands.command(
        "worker",
        Later("worker"),
        "run the jobs that servers queue, beside PostgreSQL",
        "Any number may run; SIGTERM lets the jobs under way end.",
    )
    serve = commands.command("serve", Later("serve"), "serve MCP over stdio, or over HTTP")
    serve.add_argument("--http", action="store_true", help="serve over HTTP instead of standard input")
    serve.add_argument("--host", metavar="H", help="address that HTTP listens on")
    serve.add_argument("--port", type=int, metavar="N", help="port that HTTP listens on; 0 takes a free one")
    serve.add_argument(
        "--toolsets",
        metavar="A,B",
        help="offer these toolsets only; `default,diagnose` adds one to the usual",
    )
    serve.add_argument("--read-only", action="store_true", help="offer no tool that changes a router")
    lab = commands.command("lab", Later("lab"), "serve MCP over an emulated fleet; no hardware needed")
    ways = lab.add_mutually_exclusive_group()
    ways.add_argument("--stdio", action="store_true", help="serve over standard input and output")
    ways.add_argument("--http", action="store_true", help="serve over HTTP; the default at a terminal")
    lab.add_argument("--port", type=int, metavar="N", help="port that HTTP listens on; 0 takes a free one")
    lab.add_argument(
        "--routers", type=int, default=6, metavar="N", help="how many routers, up to 10,000; default 6"
    )
    lab.add_argument("--seed", type=int, default=1, metavar="N", help="the same seed gives the same fleet")
    lab.add_argument(
        "--fleet",
        choices=("branch", "isp", "mixed"),
        default="branch",
        metavar="KIND",
        help="branch: offices (default); isp: a provider's POPs and access sites; mixed: both",
    )
    lab.add_argument(
        "--faults",
        action="append",
        default=[],
        metavar="NAME[:ROUTERS[:ARG]]",
        help="break routers, such as slow:ams-*:1.5; repeatable; `list` shows what there is",
    )
    lab.add_argument(
        "--fidelity", action="store_true", help="say what of the emulated routers is known, and end"
    )


def _add_proof(commands: _Group) -> None:
    proof = commands.command(
        "conformance-router",
        Later("conformance"),
        "compare a router with what the client expects of it, and write a report",
        "Reads only, unless writes are allowed. Exit code 0: nothing differs, 1: something does, 2: it could "
        "not be run.",
    )
    proof.add_argument("--device", required=True, metavar="NAME", help="name or id of a registered router")
    proof.add_argument(
        "--report", type=Path, metavar="FILE", help="where the report goes; default: by name and day"
    )
    proof.add_argument(
        "--allow-writes",
        action="store_true",
        help="also try writes, in a scratch address list, chain, file and entry that are removed at the end",
    )
    proof.add_argument("--yes", action="store_true", help="do not ask before writing")


# -- devices ---------------------------------------------------------------------------------------------


def _add_devices(group: _Group) -> None:
    add = group.command(
        "add",
        Later("device", "add"),
        "register a router and test the way to it",
        "The password is asked on the terminal, or taken from --password-file or "
        "ROUTEROS_MCP_ROUTER_PASSWORD; it is never an argument.",
    )
    add.add_argument("name", metavar="NAME", help="such as ams-edge-01")
    add.add_argument("address", metavar="ADDRESS", help="host or host:port of the HTTPS REST service")
    add.add_argument("--environment", metavar="E", help="lab, staging or prod; default: the service's own")
    _tag_option(add)
    _ssh_port_option(add)
    _login_options(add)
    add.add_argument("--login", metavar="PROFILE", help="a login that the settings hold under this name")
    add.add_argument("--allow-advanced-writes", action="store_true", help="allow single low-risk changes")
    add.add_argument("--allow-professional-workflows", action="store_true", help="allow plans")
    _add_registry_reads(group)
    login = _on_device(group, "login", Later("device", "login"), "store the router's login anew")
    _login_options(login)
    over_ssh = login.add_mutually_exclusive_group()
    over_ssh.add_argument("--ssh", action="store_true", help="a user and password for SSH alone")
    over_ssh.add_argument(
        "--ssh-key", type=Path, metavar="FILE", help="private key for SSH, without passphrase, mode 0600"
    )
    sweep = group.command(
        "sweep",
        Later("sweeping", "sweep"),
        "take away what dead-man switches of ended plans have left on routers",
        "What belongs to a plan that is not over, or to nobody known here, is reported and left.",
    )
    sweep.add_argument("selector", nargs="*", metavar="SELECTOR", help="as for list; all when left out")
    sweep.add_argument("--dry-run", action="store_true", help="only report")
    _add_device_changes(group)


def _add_registry_reads(group: _Group) -> None:
    listed = group.command("list", Later("device", "listed"), "list routers with their state")
    listed.add_argument(
        "selector", nargs="*", metavar="SELECTOR", help="names, tag:site=ams, env:lab, status:degraded"
    )
    _paging(listed, limit=100)
    _on_device(group, "show", Later("device", "shown"), "show all that is known of a router")
    _on_device(group, "test", Later("device", "tested"), "try the way to a router, stage by stage")


def _add_device_changes(group: _Group) -> None:
    update = _on_device(group, "update", Later("device", "updated"), "change what is registered of a router")
    update.add_argument("--name", dest="new_name", metavar="NEW", help="rename it")
    update.add_argument("--address", metavar="ADDRESS", help="move it; voids its certificate and its login")
    _ssh_port_option(update)
    _tag_option(update)
    update.add_argument("--untag", action="append", default=[], metavar="K", help="remove a tag")
    flag = argparse.BooleanOptionalAction
    update.add_argument("--allow-advanced-writes", action=flag, help="single low-risk changes")
    update.add_argument("--allow-professional-workflows", action=flag, help="plans")
    update.add_argument(
        "--forget-certificate", action="store_true", help="pin anew whatever the router presents next"
    )
    update.add_argument(
        "--forget-host-key", action="store_true", help="the same for the host key that SSH presents"
    )
    _on_device(group, "retire", Later("device", "retired"), "take a router out of service; its history stays")
    remove = _on_device(group, "remove", Later("device", "removed"), "delete a router and its history")
    remove.add_argument("--yes", action="store_true", help="do not ask to type the name")


def _on_device(group: _Group, name: str, run: Later, summary: str) -> argparse.ArgumentParser:
    parser = group.command(name, run, summary)
    parser.add_argument("device", metavar="NAME", help="name or id of a router")
    return parser


def _tag_option(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--tag", action="append", default=[], metavar="K=V", help="set a tag; repeatable")


def _ssh_port_option(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--ssh-port", type=int, metavar="N", help="take exports over SSH at this port; 0: no SSH"
    )


def _login_options(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--username", metavar="U", help="user on the router; asked for when left out")
    parser.add_argument(
        "--password-file", type=Path, metavar="FILE", help="file with the password, mode 0600"
    )
    parser.add_argument("--no-test", action="store_true", help="do not talk to the router afterwards")


# -- plans and jobs --------------------------------------------------------------------------------------


_CLAIMS = ("confirmed", "not_applied", "rolled_back", "abandoned")


def _add_plans(group: _Group) -> None:
    listed = group.command("list", Later("plan", "listed"), "list plans, newest first")
    listed.add_argument("--status", metavar="S", help="such as submitted (waits for approval), approved")
    _paging(listed, limit=20)
    _on_plan(group, "show", Later("plan", "shown"), "show a plan: diff, risk, approval, devices")
    for name, summary in (
        ("approve", "approve exactly the plan that is shown, as a second person"),
        ("reject", "reject a plan; it cannot be applied any more"),
    ):
        decide = _on_plan(group, name, Later("decision", name), summary, "Needs a terminal: it asks there.")
        decide.add_argument("--as", dest="user", metavar="USER", help="who decides; asked for when left out")
        if name == "reject":
            decide.add_argument("--reason", default="", metavar="TEXT", help="why, for its maker")
    resolve = _on_plan(
        group,
        "resolve",
        Later("resolving", "resolve"),
        "say what became of a router whose outcome nobody knows",
        "The router is read first. Needs a terminal: it asks there.",
    )
    resolve.add_argument("device", metavar="DEVICE", help="name or id of the router")
    resolve.add_argument(
        "--as", dest="claim", required=True, choices=_CLAIMS, help="what it is; abandoned: nobody can say"
    )
    resolve.add_argument("--by", dest="user", metavar="USER", help="who says so; asked for when left out")
    cancel = _on_plan(group, "cancel", Later("plan", "cancelled"), "withdraw a plan that has not started")
    cancel.add_argument("--reason", default="", metavar="TEXT", help="why")
    _on_plan(group, "apply", Later("plan", "applied"), "apply an approved plan and follow it to its end")
    undo = _on_plan(group, "rollback", Later("plan", "rolled_back"), "restore what was there before a plan")
    undo.add_argument("--device", action="append", metavar="NAME", help="only this device; may be repeated")
    undo.add_argument("--wave", type=int, metavar="N", help="only the devices of this wave")
    _on_plan(group, "report", Later("plan", "reported"), "tell per device what was done, read and undone")


def _on_plan(group: _Group, name: str, run: Later, summary: str, more: str = "") -> argparse.ArgumentParser:
    parser = group.command(name, run, summary, more)
    parser.add_argument("plan", metavar="ID", help="id of the plan")
    return parser


def _add_policy(group: _Group) -> None:
    group.command("show", Later("policy", "shown"), "show the rules in force, as a table")
    check = group.command("check", Later("policy", "checked"), "read a policy file, and show its rules")
    check.add_argument("file", type=Path, metavar="FILE", help="a YAML file")


def _add_jobs(group: _Group) -> None:
    listed = group.command("list", Later("job", "listed"), "list jobs, newest first")
    listed.add_argument("--status", metavar="S", help="pending, running, success, failed, cancelled")
    listed.add_argument("--plan", metavar="ID", help="jobs of this plan")
    _paging(listed, limit=20)
    shown = _on_job(group, "show", Later("job", "shown"), "show how far a job has got, device by device")
    shown.add_argument("--follow", action="store_true", help="stay until it has ended or paused")
    _on_job(group, "pause", Later("job", "paused"), "stop a job before its next device, for now")
    _on_job(group, "resume", Later("job", "resumed"), "go on with a paused job and follow it to its end")
    cancel = _on_job(
        group, "cancel", Later("job", "cancelled"), "stop a job before its next device, for good"
    )
    cancel.add_argument("--roll-back", action="store_true", help="undo what it has done")


def _on_job(group: _Group, name: str, run: Later, summary: str) -> argparse.ArgumentParser:
    parser = group.command(name, run, summary)
    parser.add_argument("job", metavar="ID", help="id of the job")
    return parser


# -- administration --------------------------------------------------------------------------------------


def _add_users(group: _Group) -> None:
    create = group.command(
        "create", Later("user", "create"), "add a person", "The passphrase is asked twice on the terminal."
    )
    create.add_argument("name", metavar="NAME", help="what they sign in as")
    create.add_argument(
        "--role", required=True, metavar="ROLE", help="approver, auditor, read_only, ops_rw or admin"
    )
    create.add_argument("--email", metavar="ADDRESS", help="where to reach them")
    create.add_argument(
        "--by", metavar="USER", help="approver or admin who vouches; asked for unless this is the first user"
    )
    group.command("list", Later("user", "listed"), "list people")


def _add_audit(group: _Group) -> None:
    listed = group.command("list", Later("audit", "listed"), "list who did what, newest first")
    for name, summary in (
        ("device", "about this router"),
        ("user", "by this caller, such as local:anna or user:ben"),
        ("tool", "through this tool or command"),
        ("result", "SUCCESS, FAILURE or ATTEMPT"),
        ("plan", "of this plan"),
        ("since", "from this time on: 90m, 12h, 7d, or an ISO 8601 time"),
    ):
        listed.add_argument(f"--{name}", metavar=name[0].upper(), help=summary)
    _paging(listed, limit=50)
    group.command("verify", Later("audit", "verified"), "recompute the chain of the trail")


def _add_database(group: _Group) -> None:
    upgrade = group.command("upgrade", Later("db", "upgrade"), "bring the schema up to date")
    upgrade.add_argument("revision", nargs="?", default="head", metavar="REV", help="default: the newest")
    downgrade = group.command("downgrade", Later("db", "downgrade"), "take the schema back")
    downgrade.add_argument("revision", metavar="REV", help="a revision, or `base` for an empty database")
    group.command("current", Later("db", "current"), "say which revision the schema is at")
    group.command("history", Later("db", "history"), "list the revisions, newest first")
    group.command("verify", Later("db", "verify"), "compare the database with what the program expects")
    stamp = group.command("stamp", Later("db", "stamp"), "record a revision without running anything")
    stamp.add_argument("revision", metavar="REV", help="the revision that the tables are at")
    restored = Later("restoring", "accepted")
    group.command("accept-restored", restored, "go on with an older copy of the database, in a terminal")
    backup = group.command("backup", Later("db", "backup"), "copy the running database to a new file")
    backup.add_argument("file", type=Path, metavar="FILE", help="a file that does not exist yet")


def _add_keys(group: _Group) -> None:
    generate = group.command("generate", Later("keys", "generate"), "make a new master key")
    generate.add_argument(
        "--file", type=Path, metavar="PATH", help="write it there, mode 0600, instead of printing it"
    )
    group.command("show-id", Later("keys", "show_id"), "print the id of the installation's key, not the key")


def _paging(parser: argparse.ArgumentParser, *, limit: int) -> None:
    parser.add_argument("--limit", type=int, default=limit, metavar="N", help=f"rows; default {limit}")
    parser.add_argument("--cursor", metavar="CURSOR", help="next_cursor of the page before")
