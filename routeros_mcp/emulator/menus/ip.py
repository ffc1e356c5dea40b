"""IP menus. Source: vendor manual, command tree of 7.24, recorded 7.19 to 7.24 replies."""

from routeros_mcp.emulator.menus.declared import Declared, ExportStyle

_ROUTE = """
active bool true ro
blackhole flag
check-gateway enum(arp|bfd|bfd-multihop|none|ping)
comment string
connect bool true ro
dhcp bool true ro
disabled bool =false hist
distance int(1..255) =1
dst-address prefix ={any}
dynamic bool =false ro
ecmp bool true ro
gateway gateway
immediate-gw string ro
inactive bool =false ro
local-address string ro
pref-src ip
routing-table ref(routing-table) =main
scope int(0..255) =30
static bool true ro
suppress-hw-offload bool =false
target-scope int(0..255) =10
vrf-interface ref(interface)
"""

MENUS: dict[str, Declared] = {
    "/ip/address": Declared(
        fields="""
        actual-interface string ro
        address address req
        broadcast ip
        comment string
        disabled bool =false
        dynamic bool =false ro
        interface ref(interface) req
        invalid bool =false ro
        netmask ip
        network ip
        slave bool =false ro
        vrf string =main ro
        """,
        unique=(("address interface", "already have such address"),),
    ),
    "/ip/arp": Declared(
        fields="""
        address ip
        comment string
        complete bool =false ro
        dhcp bool =false ro
        disabled bool =false
        dynamic bool =false ro
        interface ref(interface) req
        invalid bool =false ro
        mac-address mac
        published bool =false
        status string ro
        vrf string =main ro
        """,
        unique=(("address interface", "already have such address"),),
    ),
    "/ip/dns": Declared(
        fields="""
        address-list-extra-time duration =0s
        allow-remote-requests bool =false
        cache-max-ttl duration =1w
        cache-size int(64..4294967295) =2048
        cache-used int =99 ro
        doh-max-concurrent-queries int =50
        doh-max-server-connections int =5
        doh-timeout duration =5s
        dynamic-servers string = ro
        max-concurrent-queries int =100
        max-concurrent-tcp-sessions int =20
        max-udp-packet-size int(50..65507) =4096
        mdns-repeat-ifaces refs(interface) =
        query-server-timeout duration =2s
        query-total-timeout duration =10s
        servers ips =
        use-doh-server string =
        verify-doh-cert bool =false
        vrf any =main
        """,
    ),
    "/ip/dns/static": Declared(
        fields="""
        address ip
        address-list string
        cname string
        comment string
        disabled bool =false
        dynamic bool =false ro
        forward-to string
        match-subdomain bool
        mx-exchange string
        mx-preference int(0..65535)
        name string
        ns string
        regexp string
        srv-port int(0..65535)
        srv-priority int(0..65535)
        srv-target string
        srv-weight int(0..65535)
        text string
        ttl duration =1d
        type enum(A|AAAA|CNAME|FWD|MX|NS|NXDOMAIN|SRV|TXT) =A
        """,
        unique=(("name regexp type address cname text mx-exchange ns srv-target", "entry already exists"),),
    ),
    "/ip/dns/cache": Declared(export=ExportStyle.NEVER, commands="flush"),
    "/ip/pool": Declared(
        fields="""
        available int ro
        comment string
        name string
        next-pool ref(pool|none)
        ranges ranges req
        total int ro
        used int ro
        """,
        namespace="pool",
        auto_name="pool",
        unique=(("name", "pool with such name exists"),),
    ),
    "/ip/dhcp-server": Declared(
        fields="""
        address-lists string =
        address-pool ref(pool|static-only) =static-only
        authoritative enum(after-10sec-delay|after-2sec-delay|no|yes) =yes
        bootp-support enum(dynamic|none|static) set
        comment string
        disabled bool =false
        dynamic bool =false ro
        interface ref(interface) req
        invalid bool =false ro
        lease-script string =
        lease-time duration(1s..7101w3d6h28m15s) =30m
        name string
        use-radius enum(accounting|no|yes) =no
        use-reconfigure bool =false
        """,
        namespace="server",
        auto_name="dhcp",
        unique=(("name", "server with such name already exists"),),
    ),
    "/ip/dhcp-server/lease": Declared(
        fields="""
        active-address ip ro
        active-client-id string ro
        active-mac-address mac ro
        active-server string ro
        address any
        address-lists string =
        blocked bool =false ro
        client-id string
        comment string
        dhcp-option string =
        disabled bool =false
        dynamic bool =false ro
        expires-after string ro
        host-name string ro
        last-seen string =never ro
        lease-time duration
        mac-address mac
        radius bool =false ro
        server ref(server|all)
        status string =waiting ro
        """,
        unique=(
            ("mac-address client-id server disabled", "already have static lease for this client"),
            ("address server disabled", "already have static lease with this IP address"),
        ),
    ),
    "/ip/dhcp-server/network": Declared(
        fields="""
        address network =0.0.0.0/0
        boot-file-name string
        caps-manager ips =
        comment string
        dhcp-option string =
        dns-server ips =
        domain string
        dynamic bool =false ro
        gateway ips =
        netmask int(0..32)
        ntp-server ips =
        wins-server ips =
        """,
        unique=(("address", "such network already exists"),),
    ),
    "/ip/dhcp-client": Declared(
        fields="""
        add-default-route enum(no|special-classless|yes) =yes
        address string ro
        comment string
        default-route-distance int(0..255) =1
        dhcp-options list =hostname,clientid
        dhcp-server string ro
        disabled bool =false
        dynamic bool =false ro
        expires-after string ro
        gateway string ro
        interface ref(interface) req
        invalid bool =false ro
        primary-dns string ro
        status string =searching... ro
        use-peer-dns bool =true
        use-peer-ntp bool =true
        """,
        unique=(("interface", "dhcp-client on that interface already exists"),),
    ),
    "/ip/route": Declared(fields=_ROUTE.format(any="0.0.0.0/0"), first_id=0x80000001),
    "/ipv6/route": Declared(fields=_ROUTE.format(any="::/0"), first_id=0x80000001),
    "/ipv6/address": Declared(
        fields="""
        actual-interface string ro
        address address
        advertise bool =true
        auto-link-local bool =true
        comment string
        disabled bool =false
        dynamic bool =false ro
        eui-64 bool =false
        from-pool string =
        global bool true ro
        interface ref(interface) req
        invalid bool =false ro
        link-local bool true ro
        no-dad bool =false
        slave bool =false ro
        vrf string =main ro
        """,
    ),
    "/ip/service": Declared(
        fields="""
        address prefixes =
        available-from prefixes
        certificate ref(certificate|none)
        disabled bool =false
        dynamic bool =false ro
        invalid bool =false ro
        max-sessions int(1..1000) =20
        name string ro
        port int(1..65535)
        proto string =tcp ro
        tls-version enum(any|only-1.2)
        vrf string =main
        """,
        export=ExportStyle.BY_NAME,
        factory=(
            {".id": "*1", "name": "ftp", "port": "21"},
            {".id": "*2", "name": "ssh", "port": "22"},
            {".id": "*0", "name": "telnet", "port": "23"},
            {".id": "*3", "name": "www", "port": "80"},
            {
                ".id": "*6",
                "name": "www-ssl",
                "port": "443",
                "certificate": "none",
                "tls-version": "any",
                "disabled": "true",
            },
            {".id": "*7", "name": "winbox", "port": "8291"},
            {".id": "*8", "name": "api", "port": "8728"},
            {".id": "*9", "name": "api-ssl", "port": "8729", "certificate": "none", "tls-version": "any"},
        ),
    ),
    "/ip/service/webserver": Declared(
        fields="""
        acme-plain bool =true
        crl-plain bool =true
        graphs-plain bool =true
        graphs-secure bool =true
        index-plain bool =true
        index-secure bool =true
        rest-plain bool =true
        rest-secure bool =true
        scep-plain bool =true
        webfig-plain bool =true
        webfig-secure bool =true
        """,
    ),
    "/ip/ssh": Declared(
        fields="""
        ciphers list =auto
        forwarding-enabled enum(both|local|no|remote) =no
        password-authentication enum(no|yes|yes-if-no-key) =yes-if-no-key
        host-key-size enum(1024|1536|2048|4096|8192) =2048
        host-key-type enum(ed25519|rsa) =rsa
        strong-crypto bool =false
        """,
    ),
    "/ip/neighbor": Declared(export=ExportStyle.NEVER),
    "/ip/neighbor/discovery-settings": Declared(
        fields="""
        discover-interface-list ref(interface-list) =static neg
        discover-interval duration(5s..9h6m7s) =30s
        lldp-mac-phy-config bool =false
        lldp-max-frame-size bool =false
        lldp-med-net-policy-vlan any =disabled
        lldp-vlan-info bool =false
        mode enum(rx-only|tx-and-rx|tx-only) =tx-and-rx
        protocol list =cdp,lldp,mndp
        """,
    ),
    "/ip/settings": Declared(
        fields="""
        accept-redirects bool =false
        accept-source-route bool =false
        allow-fast-path bool =true
        arp-timeout duration =30s
        icmp-errors-use-inbound-interface-address bool =false
        icmp-rate-limit int =10
        icmp-rate-mask hex =0x1818
        ip-forward bool =true
        ipv4-fast-path-active bool =true ro
        ipv4-fast-path-bytes int =0 ro
        ipv4-fast-path-packets int =0 ro
        ipv4-fasttrack-active bool =false ro
        ipv4-fasttrack-bytes int =0 ro
        ipv4-fasttrack-packets int =0 ro
        max-neighbor-entries int =16384
        rp-filter enum(loose|no|strict) =no
        secure-redirects bool =true
        send-redirects bool =true
        tcp-syncookies bool =false
        tcp-timestamps enum(disabled|enabled|random-offset) =random-offset
        """,
    ),
    "/ip/cloud": Declared(
        fields="""
        ddns-enabled enum(auto|no|yes) =auto
        ddns-update-interval any =none
        public-address string ro
        update-time bool =true
        """,
    ),
}
