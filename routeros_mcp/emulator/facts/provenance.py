"""Where each behaviour of the emulator comes from: the honest list of what is known and what is assumed."""

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum

from routeros_mcp.emulator.facts import console as facts_console
from routeros_mcp.emulator.facts import time as facts_time


class Tag(StrEnum):
    """How well a behaviour is known."""

    OBSERVED = "observed"
    DOCUMENTED = "documented"
    ASSUMED = "assumed"


@dataclass(frozen=True, slots=True)
class Behaviour:
    """One thing the emulator does, how well it is known, and from where."""

    name: str
    tag: Tag
    source: str

    @property
    def area(self) -> str:
        """What it is about, told by its words."""
        return next((area for area, words in _AREAS if any(w in self.name for w in words)), _REST)


_REST = "REST requests, rows and refusals"
# The first area of which a word is in the name.
_AREAS = (
    ("faults", ("(a fault)", "full disk", "power cut")),
    ("fleets and traffic", ("fleet", "traffic", "neighbour", "bridge carries", "processor", "one process")),
    (
        "SSH and console",
        ("SSH", "SFTP", "console", "shell", "chain of", "keys are", "follow a plus", ".auto."),
    ),
    (
        "exports",
        (
            *("export", "sections", "wrap", "alphabetical", "quoting", "repeated prefixes", "named by"),
            *("header names", "dates before", "default rows are", "secrets are"),
        ),
    ),
    (
        "logins, policies and reachability",
        (
            "login",
            "polic",
            "/user",
            "credentials",
            "a password",
            "rest-api",
            "source outside",
            "www-ssl",
            "users",
        ),
    ),
    (
        "diagnostics",
        ("ping", "trace", "monitors", "diagnostics", "temperatures", "silent", "without an end", "echoes"),
    ),
    ("files, logs and time", ("file", "log times", "the log", "times are", "scheduler entry")),
)
_RECORDED = "recorded answers, CHR 7.23.2 and 7.23.7"
_LIVE = "public live findings, 7.21.4 and 7.23.2"
_MANUAL = "vendor manual, REST API"
_EXPORTS = "141 public exports, 6.38 to 7.23.2"
_INSPECTED = "recorded answers of console/inspect, 7.9.2, 7.23.2 and 7.24rc2"
_CRAWLED = "public crawlers of the command tree, 7.9 to 7.22"
_REQUIRED = "recorded failures of an empty add in 234 menus, 7.23"
_SCHEMAS = "public schema comparisons, 7.9 to 7.24"
_TREE = "public command tree of 7.24, with and without extra packages"
_NONE = "no source; the likeliest reading"

_OBSERVED = {
    _RECORDED: (
        "PUT adds one record: 201, Location, the whole object",
        "PATCH answers 200 with the whole object",
        "DELETE answers 204 without a body",
        "an unknown id is 404 without detail",
        "an unknown path is 400 no such command or directory (x)",
        "unknown arguments are 400 unknown parameter x",
        "missing arguments are 400 missing =x=",
        "an unknown hard reference is 400 input does not match any value of x",
        "number ranges refuse with value of x out of range (a..b)",
        "a malformed value is 400 invalid value for argument x",
        "a bad gateway is 400 invalid or unexpected argument base",
        "duplicates refuse with the text of their menu",
        "address lists and leases that differ in disabled may coexist",
        "a network with host bits is failure: invalid network",
        "a DNS entry takes a name or a regexp, not both",
        "an MX entry needs its data",
        "a group with users can not be removed",
        "move to a missing or unknown destination goes to the end of the table",
        "move before itself is refused; move without ids is missing =.id=",
        "a numeric destination counts over the whole table",
        "place-before belongs to add only",
        "place-before=0 in an empty table is no such item",
        "a disabled static route loses distance, table and scopes",
        "flags such as active and connect show only when true",
        "firewall disabled, log and log-prefix show only once set",
        "listen on a settings menu is unknown parameter follow-only",
        "file contents have a limit and chunks have bounds",
        "a login that disables itself by PATCH stays enabled",
        "a missing policy is 500 not enough permissions (9)",
        "a cancelled update check is 400 update canceled",
        "a certificate import answers five counts",
        "the oldest versions say 406 for an unknown path",
        "the main routing table is dynamic and has the id *0",
        "a bond in 802.3ad mode without mii warns in .about, a bound radio tells its channel there",
        "CAPsMAN's manager shows its generated certificates",
    ),
    _INSPECTED: (
        "child rows begin with the node itself; export and recursive-print end the rows of a path",
        "root, interface, ip, ipv6, system, tool and user are paths, all other menus dirs",
        "a path that leads nowhere is an empty list, and a list in place of words is the root",
        "syntax defines one argument and names the members of anything else; words stand in completion only",
        "completion counts offsets from the start of the input and marks unknown commands and parameters",
    ),
    _CRAWLED: (
        "syntax and completion of do hang until the cap up to 7.20",
        "up to 7.12 so does every path with where, do, else, rule, command or on-error",
    ),
    _REQUIRED: ("what an add needs, and the own words of menus that refuse it otherwise",),
    _TREE: (
        "menus, commands and arguments; words, flags, durations, addresses and references of each",
        "menus of container, iot, dude, wireless and other packages exist with their package only",
        "ids of added rows follow those of the default rows",
    ),
    _LIVE: (
        "an encoded id (%2A) is not decoded",
        "a name in a menu without names is no such command prefix",
        "PATCH on a settings menu, without id, or without write: missing or invalid resource identifier",
        "PATCH by name with an unknown argument: missing or invalid resource identifier",
        "a missing api or read policy is 500 std failure: not allowed (9)",
        "bad JSON is 400 Failed to parse json",
        "malformed ranges say value of range expects range of ip addresses",
        "duration ranges print as 00:00:10 .. 1d00:00:00",
        "HEAD is 501, OPTIONS 503, a body without JSON content type 415",
        "GET / answers 200 without login",
        "a login leaves two rows in /user/active that can not be removed",
        "/ip/service lists open connections",
        "unset works from 7.22 on; before it is refused",
        "a query with ~ matches nothing",
        "set policy on a group adds, add replaces",
        "execute answers 200 with the error text",
        "requests of one user run one after another",
        "a request whose client left keeps running",
        "a source outside the service address is accepted and then closed",
        "count-only answers a string",
        "print over device-mode crashes with 500",
        "echoes of ping are rows with counters so far; a lost one says timeout",
        "an interface rename is followed by hard references; a removed target reads *id",
        "a scheduler entry that starts at startup has no next run",
    ),
    "public lab reports, CHR 7.21.5": (
        "shortly after a boot a menu may answer with another one's body (a fault)",
        "a client that leaves amid a request: 1 to 2.5 s of resets and one stray 401 (a fault)",
    ),
    _EXPORTS: (
        "sections come in a fixed order and space form",
        "arguments are alphabetical and defaults are left out",
        "quoting depends on characters and length",
        "lines wrap at 79 columns",
        "repeated prefixes are left out",
        "ports are named by default-name, services by name",
        "the header names time, version, model and serial number",
        "dates before 7.10 are written like aug/13/2022",
        "secrets are left out unless asked for",
        "an export over SSH has sections and no broken lines unless the login names a width",
        "dynamic and untouched default rows are left out",
    ),
}
_DOCUMENTED = {
    _MANUAL: (
        "both rest-api and api are needed",
        "a login is kept ten minutes",
        "a command ends at 60 s with 400 Session closed, and so do those behind it",
        "wrong credentials are 401 with WWW-Authenticate",
        ".proplist on a list adds .id, on one row and in print it does not",
        "query words form a stack language",
        "JSON numbers with a leading 0 are octal, with 0x hexadecimal",
        "booleans in queries accept yes and true",
        "execute without as-string answers a job id",
        "export with file writes a file and answers nothing",
        "REST can be switched off in the web server's menu (7.24)",
        "commands without an end need once, duration or count",
        "update checks answer progress frames",
        "ping and traceroute need a count, a bandwidth test a duration, or the 60 s cap ends them",
        "monitors end with once or a duration; frames are held back and numbered in .section",
        "diagnostics need the policy test",
        "times are local and without a zone; the clock menu tells the offset",
    ),
    "vendor manual, User": (
        "default groups and their policies",
        "the policy sensitive decides whether secrets show",
        "changing users needs the policy policy",
    ),
    "vendor manual, SSH": (
        "the policy ssh is needed, and ftp beside it for SFTP",
        "a password is refused once the user has a key",
        "keys are RSA, and ed25519 since 7.12; any other is refused with unable to load key file",
        "login options follow a plus in the user name",
        "an uploaded .auto.rsc file is executed and leaves an .auto.log",
    ),
    "public source comments, 7.23.1": (
        "an SSH command that fails prints its error on stdout and exits with 0 (sources disagree)",
        "commands over SSH end their lines with CRLF and show no prompt and no echo",
        "a chain of commands stops at the first that fails",
    ),
    _SCHEMAS: (
        "arguments have the name of their version: responder, repo, envlists, afi, vtep-vrf and others",
        "wifi replaced wifiwave2 with 7.13; safe-mode came with 7.18, bgp instances with 7.20, app with 7.21",
        "the wireless menus and CAPsMAN were part of every router before 7.13",
        "root ping left the tree with 7.23 and still runs",
        "files tell last-modified from 7.16 on, creation-time before",
        ".about stands in rows from 7.22 on; print sorts from 7.24 on",
        "pools count their addresses from 7.18 on",
        "bridges choose the mode of path costs from 7.13 on and know MVRP from 7.15 on",
    ),
    "vendor manual, Packages": (
        "packages change with apply-changes from 7.18 on, where a plain restart forgets what was planned",
        "before 7.18 they change with the restart",
    ),
    "vendor manual, Certificates": (
        "a template is signed by itself or by an authority; progress comes in frames",
        "a certificate counts its days and is expired afterwards",
    ),
    "vendor manual, Services": ("connections beyond max-sessions are closed",),
    "vendor manual, menus": (
        "field names, types and defaults of the declared menus",
        "raw, destination NAT and the input chain decide about each packet of the manager",
        "packets of an open connection count as established",
        "a packet needs its interface, its VLAN on a filtering bridge, its address and a route back",
        "the device mode may forbid schedulers and fetching (a fault)",
        "neighbours on a cable see each other's identity, board, version, port, address and uptime",
    ),
    "vendor product pages": ("processor, memory, storage, ports and radios of each board",),
}
_ASSUMED = (
    "ids of rows may be others after a restart or a restored backup; the order stays",
    "entries of address lists with a timeout can be removed though they are dynamic",
    "refusal texts for removing dynamic and default rows",
    "duplicate-name texts of interfaces, pools, queues, PPP, lists and scripts",
    "order of sections the exports at hand do not hold",
    "DELETE without the write policy is 500",
    "the last row of an ordered menu names *FFFFFFFF as next",
    "temperatures, ping times and test speeds are made up",
    "traffic follows a day's curve; counters are its sum, and what one end of a link sends the other gets",
    "a bridge carries what its ports carry, a VLAN a fifth of what carries it",
    "fleets, their log before the start, leases, neighbours and sessions are made up from the seed",
    "neighbours stay as they were when the fleet was switched on; only their uptime goes on",
    "a router that is down resets connections instead of refusing them where a fleet shares its sockets",
    "words for a full disk and for what the device mode forbids",
    "a power cut halves the text files of the last 40 s",
    "policies that are lost are lost at once, not after the ten minutes of a kept login (a fault)",
    "a router that keeps no login at all (a fault)",
    "a lease that is renewed or released is given again at once",
    "a request that is carried out twice, though it was sent once (a fault)",
    "an answer that ends in a TCP reset, and a mix of such faults drawn from a seed (a fault)",
    "routers of one process share the key of their certificates",
    "arguments of undeclared menus: numbers are not checked, defaults are not filled in",
    "first version of long link modes (7.14), of the newest DNS settings (7.15, 7.16) and of available-from",
    "the argument of /ip/ssh for password logins changes its name with 7.21 (sources say 7.21 to 7.23)",
    "menus that no source dates exist in every version",
    "DNS entries of other types than MX refuse missing data in MX's words",
    "PATCH and DELETE need the menu's set and remove, else no such command",
    "what an add needs cannot be emptied afterwards: invalid value for argument x",
    "7.24 takes available-from beside address and shows address (sources disagree)",
    "a certificate shows its fingerprint a second after it was signed",
    "texts for signing twice and for planning the main package",
    "completion proposes names and words, no separators; highlight is empty",
    "a default written back in its own form is taken as it is",
    "dialled interfaces do not run until the configuration says so",
    "spanning tree figures of bridge ports, radios and channels",
    "a connection beyond max-sessions is closed before the handshake",
    "log times up to 7.9 leave out today's date and this year",
    "each frame of traceroute repeats the table; hops without an answer have no address",
    "198.51.100.0/24 is silent, 240.0.0.0/4 has no route, and everything else answers",
    "a wrapped export over execute as-string",
    "request bodies from 126 KiB on are refused on every path",
    "answers [] to commands the menu has but the emulator does not act out",
    "POST on a bare menu is no such command (sources disagree)",
    "an SSH command of several lines runs its first line",
    "no console command runs without the policy read",
    "what a shell prints around its prompts, and how print draws rows",
    "www-ssl switched off refuses new connections and keeps open ones",
)


def provenance() -> list[Behaviour]:
    """Return every named behaviour with its tag and source."""
    return list(_behaviours())


def _behaviours() -> Iterator[Behaviour]:
    tables = (
        (Tag.OBSERVED, _OBSERVED),
        (Tag.OBSERVED, facts_console.OBSERVED),
        (Tag.OBSERVED, facts_time.OBSERVED),
        (Tag.DOCUMENTED, _DOCUMENTED),
        (Tag.DOCUMENTED, facts_console.DOCUMENTED),
        (Tag.DOCUMENTED, facts_time.DOCUMENTED),
    )
    for tag, table in tables:
        for source, names in table.items():
            for name in names:
                yield Behaviour(name, tag, source)
    for name in (*_ASSUMED, *facts_console.ASSUMED, *facts_time.ASSUMED):
        yield Behaviour(name, Tag.ASSUMED, _NONE)


def fidelity() -> dict[str, int]:
    """Count behaviours by tag."""
    return dict(Counter(behaviour.tag.value for behaviour in provenance()))
