"""Routing tables, queues, PPP, SNMP, RADIUS and tools. Source: vendor manual, 7.24 tree, recorded replies."""

from routeros_mcp.emulator.menus.declared import Declared, ExportStyle

_QUEUE_RO = """
bytes string =0/0 ro
dropped string =0/0 ro
packet-rate string =0/0 ro
packets string =0/0 ro
queued-bytes string =0/0 ro
queued-packets string =0/0 ro
rate string =0/0 ro
"""
_DEFAULT_QUEUES = "default-small/default-small"

MENUS: dict[str, Declared] = {
    "/routing/table": Declared(
        fields="""
        comment string
        disabled bool hist
        dynamic bool =false ro
        fib flag
        invalid bool =false ro
        name string
        """,
        namespace="routing-table",
        unique=(("name", "already have such table"),),
        factory=({".id": "*0", "name": "main", "fib": ""},),
        auto_name="table",
    ),
    "/queue/simple": Declared(
        fields=_QUEUE_RO
        + f"""
        bucket-size string =0.1/0.1
        burst-limit pair =0/0
        burst-threshold pair =0/0
        burst-time string =0s/0s
        comment string
        disabled bool =false
        dst string
        dynamic bool =false ro
        invalid bool =false ro
        limit-at pair =0/0
        max-limit pair =0/0
        name string
        packet-marks string =
        parent ref(queue|none) =none
        priority any =8/8
        queue any ={_DEFAULT_QUEUES}
        target any req
        total-bytes int =0 ro
        total-queue any =default-small
        """,
        namespace="queue",
        auto_name="queue",
        unique=(("name", "already have such name"),),
    ),
    "/queue/tree": Declared(
        fields=_QUEUE_RO.replace("0/0", "0")
        + """
        bucket-size string =0.1
        burst-limit rate =0
        burst-threshold rate =0
        burst-time duration =0s
        comment string
        disabled bool =false
        invalid bool =false ro
        limit-at rate =0
        max-limit rate =0
        name string
        packet-mark string =
        parent any req
        priority int(1..8) =8
        queue ref(queue-type) =default-small
        """,
        first_id=0x1000000,
        auto_name="queue",
        unique=(("name", "already have such name"),),
    ),
    "/queue/type": Declared(
        fields="default bool =false ro\nkind any =pfifo\nname string\nparent any set",
        namespace="queue-type",
        auto_name="queue",
        export=ExportStyle.BY_NUMBER,
        unique=(("name", "already have such name"),),
        factory=(
            {".id": "*0", "name": "default", "kind": "pfifo", "default": "true"},
            {".id": "*1", "name": "ethernet-default", "kind": "pfifo", "default": "true"},
            {".id": "*2", "name": "wireless-default", "kind": "sfq", "default": "true"},
            {".id": "*4", "name": "hotspot-default", "kind": "sfq", "default": "true"},
            {".id": "*FFFFFFFA", "name": "pcq-upload-default", "kind": "pcq", "default": "true"},
            {".id": "*FFFFFFFB", "name": "pcq-download-default", "kind": "pcq", "default": "true"},
            {".id": "*FFFFFFFE", "name": "only-hardware-queue", "kind": "none", "default": "true"},
            {".id": "*FFFFFFFF", "name": "default-small", "kind": "pfifo", "default": "true"},
        ),
    ),
    "/ppp/profile": Declared(
        fields="""
        address-list string =
        bridge ref(bridge)
        bridge-learning enum(default|no|yes) =default
        change-tcp-mss enum(default|no|yes) =default
        comment string
        default bool =false ro
        dns-server ips
        idle-timeout duration
        interface-list ref(interface-list)
        local-address any
        name string req
        on-down string =
        on-up string =
        only-one enum(default|no|yes) =default
        rate-limit string
        remote-address any
        session-timeout duration
        use-compression enum(default|no|yes) =default
        use-encryption enum(default|no|required|yes) =default
        use-ipv6 enum(default|no|required|yes) =yes
        use-mpls enum(default|no|required|yes) =default
        use-upnp enum(default|no|yes) =default
        """,
        namespace="profile",
        unique=(("name", "profile with the same name already exists"),),
        export=ExportStyle.BY_DEFAULT,
        factory=(
            {".id": "*0", "name": "default", "default": "true"},
            {".id": "*FFFFFFFE", "name": "default-encryption", "default": "true", "use-encryption": "yes"},
        ),
    ),
    "/ppp/secret": Declared(
        fields="""
        caller-id string =
        comment string
        disabled bool =false
        ipv6-routes string =
        last-caller-id string = ro
        last-disconnect-reason string = ro
        last-logged-out string =1970-01-01␣00:00:00 ro
        limit-bytes-in int =0
        limit-bytes-out int =0
        local-address ip
        name string req
        password string = sens
        profile ref(profile) =default
        remote-address any
        routes string =
        service enum(any|async|l2tp|ovpn|pppoe|pptp|sstp) =any
        """,
        unique=(("name service", "secret with the same name already exists"),),
    ),
    "/ppp/active": Declared(export=ExportStyle.NEVER, first_id=0x80000001),
    "/ppp/aaa": Declared(
        fields="""
        accounting bool =true
        interim-update duration =0s
        use-circuit-id-in-nas-port-id bool =false
        use-radius bool =false
        """,
    ),
    "/snmp": Declared(
        fields="""
        contact string =
        enabled bool =false
        engine-id string =80003a8c04 ro
        engine-id-suffix string =
        location string =
        src-address ip =::
        trap-community ref(community) =public
        trap-generators list =temp-exception
        trap-target any =
        trap-version int(1..3) =1
        vrf string =main
        """,
    ),
    "/snmp/community": Declared(
        fields="""
        addresses prefixes =::/0
        authentication-password string = sens
        authentication-protocol enum(MD5|SHA1) =MD5
        comment string
        default bool =false ro
        disabled bool =false
        encryption-password string = sens
        encryption-protocol enum(AES|DES) =DES
        name string
        read-access bool =true
        security enum(authorized|none|private) =none
        write-access bool =false
        """,
        namespace="community",
        auto_name="community",
        export=ExportStyle.BY_DEFAULT,
        unique=(("name", "community with such name already exists"),),
        factory=({".id": "*0", "name": "public", "default": "true"},),
    ),
    "/radius": Declared(
        fields="""
        accounting-backup bool =false
        accounting-port int(1..65535) =1813
        address ip req
        authentication-port int(1..65535) =1812
        called-id string =
        certificate any =none
        comment string
        disabled bool =false
        domain string =
        protocol enum(radsec|udp) =udp
        realm string =
        secret string = sens
        service list =
        src-address ip =0.0.0.0
        timeout duration(10ms..1m) =300ms
        """,
    ),
    "/tool/netwatch": Declared(
        fields="""
        comment string
        disabled bool =false
        down-script string =
        host any req
        http-codes string =
        interval duration(1s..71w2h27m52s950ms) =10s
        name string =
        since string ro
        status string =unknown ro
        test-script string =
        timeout duration(10ms..4w) set
        type enum(dns|http-get|https-get|icmp|simple|tcp-conn) =simple
        up-script string =
        """,
    ),
}
