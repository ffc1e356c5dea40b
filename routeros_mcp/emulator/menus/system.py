"""System, user, log, file and certificate menus. Source: vendor manual, 7.24 tree, recorded replies."""

from routeros_mcp.emulator.menus.declared import Declared, ExportStyle

_READ = "local,telnet,ssh,reboot,read,test,winbox,password,web,sniff,sensitive,api,romon,rest-api"
_WRITE = _READ.replace("read,test", "read,write,test") + ",!ftp,!policy"
_FULL = _READ.replace("ssh,reboot", "ssh,ftp,reboot").replace("read,test", "read,write,policy,test")
_SCRIPT_POLICY = "ftp,reboot,read,write,policy,test,password,sniff,sensitive,romon"
_KEY_USAGE = (
    "digital-signature,key-encipherment,data-encipherment,key-cert-sign,crl-sign,tls-server,tls-client"
)
_TOPICS = ("info", "error", "warning", "critical")

MENUS: dict[str, Declared] = {
    "/system/identity": Declared(fields="name string =MikroTik"),
    "/system/resource": Declared(kind="single", export=ExportStyle.NEVER),
    "/system/health": Declared(kind="list", boards="routerboard", export=ExportStyle.NEVER),
    "/system/routerboard": Declared(
        kind="single", boards="routerboard", export=ExportStyle.NEVER, commands="upgrade"
    ),
    "/system/routerboard/settings": Declared(
        kind="single",
        boards="routerboard",
        fields="auto-upgrade bool =false\ncpu-frequency any =auto\nsilent-boot bool =false",
    ),
    "/system/license": Declared(kind="single", export=ExportStyle.NEVER),
    "/system/package": Declared(
        fields="available bool =false ro\ndisabled bool =false ro\nscheduled string = ro",
        export=ExportStyle.NEVER,
    ),
    "/system/package/update": Declared(
        fields="channel enum(development|long-term|stable|testing) =stable\ninstalled-version string ro\n"
        "latest-version string ro\nstatus string ro"
    ),
    "/system/clock": Declared(
        fields="""
        date date
        dst-active bool =false ro
        gmt-offset string =+00:00 ro
        time time
        time-zone-autodetect bool =true
        time-zone-name string =UTC
        """,
    ),
    "/system/ntp/client": Declared(
        fields="""
        enabled bool =false
        freq-drift string =0 ro
        mode enum(broadcast|manycast|multicast|unicast) =unicast
        servers list =
        status string =stopped ro
        synced-server string ro
        synced-stratum string ro
        system-offset string ro
        vrf string =main
        """,
    ),
    "/system/ntp/server": Declared(
        fields="""
        auth-key any =none
        broadcast bool =false
        broadcast-addresses list =
        enabled bool =false
        local-clock-stratum int(1..15) =5
        manycast bool =false
        multicast bool =false
        use-local-clock bool =false
        vrf string =main
        """,
    ),
    "/system/scheduler": Declared(
        fields=f"""
        comment string
        disabled bool =false
        interval duration =0s
        name string req
        next-run string ro
        on-event string =
        owner string ro
        policy policy ={_SCRIPT_POLICY}
        run-count int =0 ro
        start-date date
        start-time start
        """,
        unique=(("name", "item with this name already exists"),),
    ),
    "/system/script": Declared(
        fields=f"""
        comment string
        dont-require-permissions bool =false
        invalid bool =false ro
        last-started string ro
        name string
        owner string
        policy policy ={_SCRIPT_POLICY}
        run-count int =0 ro
        source string =
        """,
        auto_name="script",
        unique=(("name", "item with this name already exists"),),
        commands="run",
    ),
    "/system/script/job": Declared(export=ExportStyle.NEVER, first_id=0xB546),
    "/system/logging": Declared(
        fields="""
        action ref(logging-action) =memory
        comment string
        default bool =false ro
        disabled bool =false
        invalid bool =false ro
        prefix string =
        regex string
        topics list =info
        """,
        export=ExportStyle.BY_NUMBER,
        factory=tuple(
            {".id": f"*{number}", "topics": topic, "default": "true"}
            | ({"action": "echo"} if topic == "critical" else {})
            for number, topic in enumerate(_TOPICS, 1)
        ),
    ),
    "/system/logging/action": Declared(
        fields="""
        comment string
        default bool =false ro
        disk-file-count int(1..65535)
        disk-file-name string
        disk-lines-per-file int(1..65535)
        memory-lines int(1..65535)
        name string req
        remote ip
        remote-port int(1..65535)
        src-address ip
        target enum(disk|echo|email|memory|remote|script) set
        """,
        namespace="logging-action",
        export=ExportStyle.BY_NUMBER,
        unique=(("name", "action with this name already exists"),),
        factory=(
            {
                ".id": "*0",
                "default": "true",
                "memory-lines": "1000",
                "memory-stop-on-full": "false",
                "name": "memory",
                "target": "memory",
            },
            {
                ".id": "*1",
                "default": "true",
                "disk-file-count": "2",
                "disk-file-name": "log",
                "disk-lines-per-file": "1000",
                "disk-stop-on-full": "false",
                "name": "disk",
                "target": "disk",
            },
            {".id": "*2", "default": "true", "name": "echo", "remember": "true", "target": "echo"},
            {
                ".id": "*3",
                "name": "remote",
                "target": "remote",
                "remote": "0.0.0.0",
                "remote-port": "514",
                "src-address": "0.0.0.0",
                "syslog-facility": "daemon",
                "syslog-severity": "auto",
                "default": "true",
            },
        ),
    ),
    "/system/note": Declared(fields="note string =\nshow-at-cli-login bool =false\nshow-at-login bool =true"),
    "/system/history": Declared(export=ExportStyle.NEVER),
    "/system/device-mode": Declared(kind="single", export=ExportStyle.NEVER),
    "/safe-mode": Declared(kind="single", export=ExportStyle.NEVER),
    "/user": Declared(
        fields="""
        address prefixes =
        comment string
        disabled bool =false
        expired bool =false ro
        group ref(group) req
        inactivity-policy enum(lockscreen|logout|none) =none
        inactivity-timeout duration(1m..1d) =10m
        last-logged-in string ro
        name string req
        password string
        """,
        unique=(("name", "user with the same name already exists"),),
        namespace="user",
        export=ExportStyle.NEVER,
    ),
    "/user/group": Declared(
        fields="comment string\nname string\npolicy policy =\nskin string =default",
        namespace="group",
        required=("name",),
        unique=(("name", "group with the same name already exists"),),
        export=ExportStyle.BY_NAME,
        factory=(
            {".id": "*1", "name": "read", "policy": f"{_READ},!ftp,!write,!policy"},
            {".id": "*2", "name": "write", "policy": _WRITE},
            {".id": "*3", "name": "full", "policy": _FULL},
        ),
    ),
    "/user/active": Declared(export=ExportStyle.NEVER),
    "/user/ssh-keys": Declared(
        fields="bits int ro\ninfo string ro\nkey string\nkey-type string ro\nuser ref(user)",
        required=("key",),
        export=ExportStyle.NEVER,
    ),
    "/log": Declared(export=ExportStyle.NEVER),
    "/certificate": Declared(
        fields=f"""
        authority bool true ro
        common-name string
        akid string ro
        ca string ro
        days-valid int(1..99999) =365
        dynamic bool true ro
        digest-algorithm enum(md5|sha1|sha256|sha384|sha512) =sha256
        expired bool true ro
        expires-after string ro
        issued bool true ro
        issuer string ro
        serial-number string ro
        skid string ro
        fingerprint string ro
        invalid-after string ro
        invalid-before string ro
        key-size enum(1024|1536|2048|4096|8192|prime256v1|secp384r1|secp521r1) =2048
        key-type string ro
        key-usage list ={_KEY_USAGE}
        name string req
        private-key bool true ro
        subject-alt-name string =
        trusted bool =false
        """,
        namespace="certificate",
        export=ExportStyle.NEVER,
        unique=(("name", "certificate with this name already exists"),),
    ),
    "/file": Declared(
        fields="contents string hist\nlast-modified string ro\nname string req\nsize int ro\ntype string",
        export=ExportStyle.NEVER,
        first_id=0x8020001,
        unique=(("name", "file already exists"),),
        commands="read",
    ),
}
