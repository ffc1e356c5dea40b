"""Tools, containers, partitions and small system menus. Source: 7.24 tree, vendor manual's defaults."""

from routeros_mcp.emulator.menus.declared import Declared, ExportStyle

MENUS: dict[str, Declared] = {
    "/tool/mac-server": Declared(
        defaults="allowed-interface-list=all", refs="allowed-interface-list=interface-list"
    ),
    "/tool/mac-server/mac-winbox": Declared(
        defaults="allowed-interface-list=all", refs="allowed-interface-list=interface-list"
    ),
    "/tool/mac-server/ping": Declared(defaults="enabled=true"),
    "/tool/e-mail": Declared(
        fields="from string =<>\npassword string = sens\nport int(1..65535) =25\nlast-address string ro\n"
        "last-status string ro",
        defaults="certificate-verification=yes server=0.0.0.0 tls=no user= vrf=main",
    ),
    "/tool/romon": Declared(
        fields="current-id mac ro\nid mac =00:00:00:00:00:00\nsecrets string = sens",
        defaults="enabled=false",
    ),
    "/tool/romon/port": Declared(
        fields="default bool =false ro\nsecrets string = sens",
        defaults="cost=100 disabled=false dynamic=false forbid=false",
        refs="interface=interface|interface-list:|all",
        export=ExportStyle.BY_DEFAULT,
        factory=({".id": "*1", "interface": "all", "default": "true"},),
    ),
    "/tool/graphing": Declared(defaults="page-refresh=300 store-every=5min"),
    "/tool/graphing/interface": Declared(
        defaults="allow-address=0.0.0.0/0 disabled=false interface=all store-on-disk=true",
        refs="interface=interface|all",
        fields="allow-address prefix",
    ),
    "/tool/graphing/queue": Declared(
        fields="allow-address prefix",
        defaults="allow-address=0.0.0.0/0 allow-target=true disabled=false simple-queue=all"
        " store-on-disk=true",
    ),
    "/tool/graphing/resource": Declared(
        fields="allow-address prefix",
        defaults="allow-address=0.0.0.0/0 disabled=false store-on-disk=true",
    ),
    "/tool/bandwidth-server": Declared(
        defaults="allocate-udp-ports-from=2000 allowed-addresses4= allowed-addresses6= authenticate=true"
        " enabled=true max-sessions=100",
    ),
    "/tool/sniffer": Declared(
        defaults="file-limit=1000KiB file-name= filter-direction=any filter-interface="
        " filter-operator-between-entries=or memory-limit=100KiB memory-scroll=true only-headers=false"
        " quick-rows=20 quick-show-frame=false running=false streaming-enabled=false"
        " streaming-server=0.0.0.0",
    ),
    "/tool/sms": Declared(
        fields="secret string = sens\nsim-pin string = sens",
        defaults="allowed-number= channel=0 polling=false port=none receive-enabled=false sms-storage=sim",
    ),
    "/queue/interface": Declared(
        defaults="active-queue=only-hardware-queue default-queue=only-hardware-queue"
        " queue=only-hardware-queue",
        refs="queue=queue-type",
        fields="interface string ro",
        export=ExportStyle.NEVER,
    ),
    "/radius/incoming": Declared(defaults="accept=false port=3799 vrf=main"),
    "/user/aaa": Declared(
        defaults="accounting=true default-group=read exclude-groups= interim-update=0s use-radius=false",
        refs="default-group=group +exclude-groups=group",
    ),
    "/user/settings": Declared(defaults="minimum-categories=0 minimum-password-length=0"),
    "/system/watchdog": Declared(
        defaults="auto-send-supout=false automatic-supout=true ping-start-after-boot=5m ping-timeout=1m"
        " watch-address=none watchdog-timer=true",
    ),
    "/system/ntp/key": Declared(fields="key-id int(1..65535) req\nkey-val string req sens"),
    "/certificate/settings": Declared(defaults="crl-download=false crl-store=ram crl-use=false"),
    "/container": Declared(
        fields="""
        arch string ro
        comment string
        hostname string
        mounts string =
        name string
        os string ro
        repo string ro
        root-dir string
        status string =extracting ro
        workdir string
        """,
        refs="interface=interface",
        auto_name="container",
    ),
    "/container/config": Declared(
        fields="password string = sens",
        defaults="layer-dir= memory-high=unlimited registry-url= tmpdir= username=",
    ),
    "/container/envs": Declared(fields="key string\nlist string\nvalue string sens"),
    "/container/mounts": Declared(fields="dst string\nlist string\nsrc string"),
    "/partitions": Declared(
        fields="active bool =false ro\nfallback-to string =next\nname string\nrunning bool =false ro\n"
        "size string ro\nversion string ro",
        kind="list",
        commands="activate copy-to get print repartition restore-config-from save-config-to set",
        boards="routerboard",
        export=ExportStyle.NEVER,
        factory=({".id": "*0", "name": "part0", "active": "true", "running": "true", "size": "128MiB"},),
    ),
    "/port": Declared(
        fields="name string\ninactive bool =false ro",
        defaults="baud-rate=auto channels=1 data-bits=8 flow-control=none parity=none stop-bits=1 used-by=",
        export=ExportStyle.BY_NUMBER,
        factory=({".id": "*0", "name": "serial0"},),
    ),
}
