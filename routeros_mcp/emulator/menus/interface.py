"""Interface menus. Source: vendor manual, command tree of 7.24, recorded 7.20 and 7.23 replies."""

from routeros_mcp.emulator.menus.declared import Declared, ExportStyle

_ARP = "disabled|enabled|local-proxy-arp|proxy-arp|reply-only"
_NAME_TAKEN = ("name", "already have interface with such name")
_LOOP = """
loop-protect enum(default|off|on) =default
loop-protect-disable-time duration =5m
loop-protect-send-interval duration(1s..7101w3d6h28m15s) =5s
loop-protect-status string =off ro
"""
_COMMON = f"""
arp enum({_ARP}) =enabled
arp-timeout any =auto
comment string
disabled bool =false
mac-address mac ro
mtu int(68..65535) =1500
running bool =false ro
"""

MENUS: dict[str, Declared] = {
    "/interface": Declared(
        fields="""
        actual-mtu int ro
        disabled bool =false
        dynamic bool true ro
        slave bool true ro
        running bool =false ro
        mtu any
        name string
        comment string
        l2mtu int
        """,
        export=ExportStyle.NEVER,
    ),
    "/interface/ethernet": Declared(
        fields=_COMMON
        + _LOOP
        + """
        advertise list =10M-baseT-full,100M-baseT-full,1G-baseT-full
        auto-negotiation bool =true
        bandwidth string =unlimited/unlimited
        default-name string ro
        l2mtu int(0..65535)
        mac-address mac
        orig-mac-address mac ro
        name string
        rx-flow-control enum(auto|off|on) =off
        tx-flow-control enum(auto|off|on) =off
        rx-bytes int =0 ro
        tx-bytes int =0 ro
        slave bool true ro
        cable-settings enum(default|short|standard) set
        """,
        unique=(_NAME_TAKEN,),
        sequence="interface",
        namespace="interface",
        interface_type="ether",
        export=ExportStyle.BY_DEFAULT_NAME,
    ),
    "/interface/ethernet/switch": Declared(
        fields="name string", defaults="type=MediaTek-MT7621", export=ExportStyle.NEVER
    ),
    "/interface/ethernet/switch/port": Declared(
        fields="name string ro\nswitch string ro", export=ExportStyle.NEVER
    ),
    "/interface/bridge": Declared(
        fields=f"""
        actual-mtu int =1500 ro
        admin-mac mac
        ageing-time duration(10s..1w4d13h46m40s) =5m
        arp enum({_ARP}) =enabled
        arp-timeout any =auto
        auto-mac bool =true
        comment string
        dhcp-snooping bool =false
        disabled bool =false
        ether-type enum(0x8100|0x88a8|0x9100) =0x8100
        fast-forward bool =true
        forward-delay duration(4s..30s) =15s
        frame-types enum(admit-all|admit-only-untagged-and-priority-tagged|admit-only-vlan-tagged) =admit-all
        igmp-snooping bool =false
        ingress-filtering bool =true
        l2mtu int =1598 ro
        mac-address mac ro
        max-learned-entries any =auto
        max-message-age duration(6s..40s) =20s
        mtu any =auto
        mvrp bool =false
        name string
        port-cost-mode enum(long|short) =long
        priority hex =0x8000
        protocol-mode enum(mstp|none|rstp|stp) =rstp
        pvid int(1..4094) =1
        running bool =true ro
        transmit-hold-count int(1..10) =6
        vlan-filtering bool =false
        """,
        unique=(_NAME_TAKEN,),
        sequence="interface",
        namespace="interface",
        interface_type="bridge",
        auto_name="bridge",
    ),
    "/interface/bridge/port": Declared(
        fields="""
        auto-isolate bool =false
        bpdu-guard bool =false
        bridge ref(bridge) req
        broadcast-flood bool =true
        comment string
        debug-info string ro
        disabled bool =false
        dynamic bool =false ro
        edge enum(auto|no|no-discover|yes|yes-discover) =auto
        fast-leave bool =false
        frame-types enum(admit-all|admit-only-untagged-and-priority-tagged|admit-only-vlan-tagged) =admit-all
        horizon any =none
        hw bool =true
        inactive bool =false ro
        ingress-filtering bool =true
        interface ref(interface|interface-list:) req
        internal-path-cost any =10
        learn enum(auto|no|yes) =auto
        multicast-router enum(disabled|permanent|temporary-query) =temporary-query
        path-cost any =10
        point-to-point enum(auto|no|yes) =auto
        port-number int ro
        priority hex =0x80
        pvid int(1..4094) =1
        restricted-role bool =false
        restricted-tcn bool =false
        role string ro
        status string =in-bridge ro
        tag-stacking bool =false
        trusted bool =false
        unknown-multicast-flood bool =true
        unknown-unicast-flood bool =true
        """,
        first_id=0,
        unique=(("interface", "device already added as bridge port"),),
    ),
    "/interface/bridge/vlan": Declared(
        fields="""
        bridge ref(bridge) req
        comment string
        current-tagged string = ro
        current-untagged string = ro
        disabled bool =false
        dynamic bool =false ro
        mvrp-forbidden list =
        tagged refs(interface|interface-list:) =
        untagged refs(interface|interface-list:) =
        vlan-ids ports req
        """,
        unique=(("bridge vlan-ids", "vlan already added"),),
    ),
    "/interface/bridge/host": Declared(export=ExportStyle.NEVER),
    "/interface/vlan": Declared(
        fields=_COMMON
        + _LOOP
        + """
        interface ref(interface) req
        l2mtu int =1594 ro
        mvrp bool =false
        name string
        use-service-tag bool =false
        vlan-id int(1..4095) req
        """,
        unique=(_NAME_TAKEN,),
        sequence="interface",
        namespace="interface",
        interface_type="vlan",
        auto_name="vlan",
    ),
    "/interface/bonding": Declared(
        fields=_COMMON
        + """
        arp-interval duration =100ms
        arp-ip-targets list =
        down-delay duration =0s
        forced-mac-address any =none
        lacp-rate enum(1sec|30secs) =30secs
        link-monitoring enum(arp|mii|none) =mii
        mii-interval duration =100ms
        min-links int =0
        mode enum(802.3ad|active-backup|balance-alb|balance-rr|balance-tlb|balance-xor|broadcast) =balance-rr
        name string
        primary any =none
        slaves refs(interface) req
        transmit-hash-policy enum(encap-2-and-3|encap-3-and-4|layer-2|layer-2-and-3|layer-3-and-4) =layer-2
        up-delay duration =0s
        """,
        unique=(_NAME_TAKEN,),
        sequence="interface",
        namespace="interface",
        interface_type="bond",
        auto_name="bonding",
    ),
    "/interface/list": Declared(
        fields="""
        builtin bool =false ro
        comment string
        dynamic bool =false ro
        exclude refs(interface-list) =
        include refs(interface-list) =
        name string req
        """,
        namespace="interface-list",
        unique=(("name", "already have such list"),),
        first_id=0x2000010,
        factory=(
            {".id": "*2000000", "name": "all", "builtin": "true", "comment": "contains all interfaces"},
            {".id": "*2000001", "name": "none", "builtin": "true", "comment": "contains no interfaces"},
            {
                ".id": "*2000002",
                "name": "dynamic",
                "builtin": "true",
                "comment": "contains dynamic interfaces",
            },
            {".id": "*2000003", "name": "static", "builtin": "true", "comment": "contains static interfaces"},
        ),
    ),
    "/interface/list/member": Declared(
        fields="""
        comment string
        disabled bool =false
        dynamic bool =false ro
        interface ref(interface) req
        list ref(interface-list) req
        """,
        unique=(("list interface", "already have such interface in list"),),
    ),
    "/interface/wireguard": Declared(
        fields="""
        comment string
        disabled bool =false
        listen-port int(0..65535) =13231
        mtu any =1420
        name string
        private-key string = sens
        public-key string = ro
        running bool =true ro
        """,
        unique=(_NAME_TAKEN,),
        sequence="interface",
        namespace="interface",
        interface_type="wg",
        auto_name="wireguard",
    ),
    "/interface/wireguard/peers": Declared(
        fields="""
        allowed-address prefixes = req
        client-address string =
        client-dns string =
        client-endpoint string =
        client-keepalive duration(0s..18h12m15s) =0s
        client-listen-port any =
        comment string
        current-endpoint-address string = ro
        current-endpoint-port int =0 ro
        disabled bool =false
        dynamic bool =false ro
        endpoint-address string =
        endpoint-port int(0..65535) =0
        interface ref(wireguard) req
        last-handshake string =0s ro
        name string
        persistent-keepalive duration(0s..18h12m15s) =0s
        preshared-key string = sens
        private-key string = sens
        public-key string =
        responder bool =false
        rx int =0 ro
        tx int =0 ro
        """,
        auto_name="peer",
    ),
}
