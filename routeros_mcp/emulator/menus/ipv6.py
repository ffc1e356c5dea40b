"""IPv6 menus beside addresses, routes and firewall. Source: 7.24 tree, vendor manual's defaults."""

from routeros_mcp.emulator.menus.declared import Declared, ExportStyle

MENUS: dict[str, Declared] = {
    "/ipv6/nd": Declared(
        required=("interface",),
        defaults="advertise-dns=yes advertise-mac-address=true disabled=false hop-limit=unspecified"
        " invalid=false managed-address-configuration=false mtu=unspecified other-configuration=false"
        " ra-delay=3s ra-interval=3m20s-10m ra-lifetime=30m ra-preference=medium reachable-time=unspecified"
        " retransmit-interval=unspecified",
        fields="default bool =false ro\nra-interval any",
        refs="interface=interface|all",
        unique=(("interface", "configuration for this interface already exists"),),
        export=ExportStyle.BY_DEFAULT,
        factory=({".id": "*1", "interface": "all", "default": "true"},),
    ),
    "/ipv6/nd/prefix": Declared(
        defaults="autonomous=true disabled=false dynamic=false invalid=false on-link=true",
        refs="interface=interface",
    ),
    "/ipv6/nd/prefix/default": Declared(
        defaults="autonomous=true dhcp6-pd-preferred=false preferred-lifetime=1w valid-lifetime=4w2d"
    ),
    "/ipv6/dhcp-client": Declared(
        fields="address string ro\ndhcp-server-v6 string ro\nduid string =0x00030001020000000001 ro\n"
        "prefix string ro\nstatus string =searching... ro",
        defaults="accept-prefix-without-address=true add-default-route=false allow-reconfigure=false"
        " check-gateway=none default-route-distance=1 default-route-tables=default dhcp-options="
        " disabled=false dynamic=false invalid=false pool-name= pool-prefix-length=64 prefix-address-lists="
        " prefix-hint=::/0 rapid-commit=true script= use-interface-duid=false use-peer-dns=true"
        " validate-server-duid=true",
        refs="interface=interface",
        unique=(("interface", "dhcp-client on that interface already exists"),),
    ),
    "/ipv6/dhcp-server": Declared(
        fields="duid string =0x00030001020000000001 ro\nname string req",
        defaults="address-pool=static-only binding-script= dhcp-option= disabled=false dynamic=false"
        " invalid=false"
        " lease-time=3d preference=255 prefix-pool=static-only rapid-commit=true route-distance=1"
        " use-radius=no use-reconfigure=false",
        refs="interface=interface address-pool=pool6|static-only prefix-pool=pool6|static-only",
        namespace="server6",
        unique=(("name", "server with such name already exists"),),
    ),
    "/ipv6/pool": Declared(
        fields="dynamic bool =false ro\nname string req\nprefix prefix\nprefix-length int(1..128) req",
        namespace="pool6",
        unique=(("name", "pool with such name exists"),),
    ),
    "/ipv6/settings": Declared(
        defaults="accept-redirects=yes-if-forwarding-disabled"
        " accept-router-advertisements=yes-if-forwarding-disabled allow-fast-path=true disable-ipv6=false"
        " disable-link-local-address=false forward=true ipv6-fast-path-active=true ipv6-fast-path-bytes=0"
        " ipv6-fast-path-packets=0 ipv6-fasttrack-active=false ipv6-fasttrack-bytes=0"
        " ipv6-fasttrack-packets=0 max-neighbor-entries=8192 min-neighbor-entries=2048"
        " multipath-hash-policy=l3 soft-max-neighbor-entries=4096 stale-neighbor-detect-interval=30"
        " stale-neighbor-timeout=60",
    ),
    "/ipv6/neighbor": Declared(
        fields="address ip\nmac-address mac",
        defaults="disabled=false dynamic=false router=false status=noarp vrf=main",
        refs="interface=interface",
    ),
    "/ipv6/firewall/connection": Declared(export=ExportStyle.NEVER),
}
