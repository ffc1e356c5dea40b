"""Where each behaviour of time comes from: scheduler, expiry, boots, backups, safe mode, device-mode."""

from collections.abc import Mapping

Sources = Mapping[str, tuple[str, ...]]

OBSERVED: Sources = {
    "public live findings, 7.21.4 and 7.23.2": (
        "an update of device-mode blocks everybody over REST until it is confirmed or given up",
    ),
    "public dead-man switches, one verified on 7.23.3": (
        "the first run of a scheduler entry is one interval after it was added",
        "a load of a backup reboots, undoes everybody's changes since, and leaves no log and no later entry",
        "a load in a script that names no password waits for ever",
        "an entry lacking a policy leaves a line not enough permissions (9) in the log and does nothing",
    ),
    "public transcripts, 7.19 to 7.24": (
        "safe mode from 7.21 on says Taking Safe Mode session... Success!",
        "safe mode of 7.24 asks a second taker Unroll, release or abort [u/r]?",
        "a power cut is told as router was rebooted without proper shutdown, probably power outage",
        "a failed scheduler entry is told as executing script ... from scheduler failed",
        "of a scheduler entry with a syntax error nothing runs, and the log says so (in a public issue)",
        "device-mode advanced has traffic-gen, partitions and the like off, and scheduler and fetch on",
    ),
}
DOCUMENTED: Sources = {
    "vendor manual, Scheduler": (
        "startup entries without interval run three seconds after the console has started, once",
        "a startup entry with an interval does not run at the start",
        "after a boot entries with an interval run at start-date plus n times interval",
        "run-count begins anew after a reboot",
        "an entry has no policy that its maker lacks; one that names a script needs its policies",
        "dates up to 7.9 are written like nov/20/2026, from 7.10 on like 2026-11-20",
    ),
    "vendor manual, Console": (
        "safe mode: Ctrl-X takes and releases, Ctrl-D undoes and leaves, /quit keeps",
        "safe mode covers what anybody does, REST too; files and certificates are not undone",
        "a cut session is undone when TCP gives it up, after nine minutes",
        "a second taker unrolls, releases or leaves it, and the first is told",
        "the history holds a hundred actions; when more are floating, safe mode ends and nothing is undone",
        "/safe-mode has commands since 7.18, for sessions only",
    ),
    "vendor manual, Backup, Files and Log": (
        "a backup holds everything but files; without a password it is not encrypted",
        "boards with little storage keep files in flash/ only over a reboot",
        "changes may wait 40 s to be written to the flash",
        "the log in memory keeps 1,000 lines",
        "dynamic address lists end with their timeout and with a reboot",
    ),
    "vendor manual, Device-mode and Netwatch": (
        "home and flagged switch scheduler and fetch off",
        "a change of the mode takes a press of the button or a cold start within the time given",
        "scripts of netwatch run with read, write, test and reboot",
        "a watched host is unknown until its first check",
    ),
}
ASSUMED = (
    "run-count rises for a script that cannot be read too: it counts the attempts",
    "an entry that changes a comment in /system/scheduler moves no run of that menu",
    "a startup entry with an interval never runs, at the start or later: it has no next run",
    "a clock set ahead makes what it passed run once, at once; one set back plans anew",
    "boards without a clock go on from the time they saved, or begin in 1970; NTP puts it right after 10 s",
    "interfaces, routes and services come up together, five seconds after the console has started",
    "what a load of a backup needs: ftp, password, policy, read, reboot, sensitive, test, write",
    "refusals of backups: file not found, wrong password, disk full; ids and counters are restored as saved",
    "a load over REST without a password restores as with an empty one",
    "a reboot keeps what was done in safe mode, as it empties the history",
    "the flash is written in a steady rhythm; at a power cut later changes and files are lost as one",
    "a reboot forgets dynamic leases; static ones wait",
    "clients renew leases at half time until they fall silent; a silent host leaves ARP after a minute",
    "netwatch reaches what a route leads to unless the test made it silent; changes show at the next check",
    "texts of history actions; one action for each row changed",
    "7.22 mended reading device-mode over REST",
    "a script that fails leaves its error as a line of its own before the scheduler's",
    "which boards have a flash folder: those of 16 MB",
    "scheduler entries may be added though device-mode has the scheduler off",
)
