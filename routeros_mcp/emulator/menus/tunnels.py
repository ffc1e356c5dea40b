"""Tunnels, dial-in and other interfaces that software makes. Source: 7.24 tree, vendor manual's defaults."""

from routeros_mcp.emulator.menus.declared import Declared, ExportStyle

_NAME_TAKEN = ("name", "already have interface with such name")
_LOOP = (
    " loop-protect=default loop-protect-disable-time=5m loop-protect-send-interval=5s loop-protect-status=off"
)
_TUNNEL = (
    "actual-mtu=1476 allow-fast-path=true clamp-tcp-mss=true dont-fragment=no dscp=inherit"
    " local-address=0.0.0.0 mtu=auto"
)
_DIAL = (
    "add-default-route=false default-route-distance=1 dial-on-demand=false disabled=false"
    " profile=default-encryption user="
)
_METHODS = "mschap2,mschap1,chap,pap"
_PPP_FIELDS = "password string = sens\nrunning bool =false ro\nname string"


def _interface(
    kind: str,
    defaults: str,
    *,
    fields: str = "",
    refs: str = "",
    auto_name: str = "",
    required: tuple[str, ...] = (),
) -> Declared:
    return Declared(
        fields=fields or "name string\nrunning bool =false ro",
        defaults=defaults,
        refs=refs,
        sequence="interface",
        namespace="interface",
        interface_type=kind,
        auto_name=auto_name or kind,
        required=required,
        unique=(_NAME_TAKEN,),
    )


MENUS: dict[str, Declared] = {
    "/interface/eoip": _interface(
        "eoip",
        _TUNNEL.replace("1476", "1458")
        + " arp=enabled arp-timeout=auto keepalive=10s,10 l2mtu=65535"
        + _LOOP,
        fields="ipsec-secret string sens\nkeepalive any\nmac-address mac\nname string\nrunning bool"
        " =false ro",
        auto_name="eoip-tunnel",
    ),
    "/interface/gre": _interface(
        "gre-tunnel",
        _TUNNEL + " keepalive=10s,10",
        fields="ipsec-secret string sens\nkeepalive any\nname string\nrunning bool =false ro",
    ),
    "/interface/ipip": _interface(
        "ipip-tunnel",
        _TUNNEL.replace("1476", "1480") + " dynamic=false keepalive=10s,10",
        fields="ipsec-secret string sens\nkeepalive any\nname string\nrunning bool =false ro",
    ),
    "/interface/6to4": _interface(
        "6to4-tunnel", "dont-fragment=no dscp=inherit local-address=0.0.0.0 mtu=auto", auto_name="sit"
    ),
    "/interface/pppoe-client": _interface(
        "pppoe-out",
        f"ac-name= allow={_METHODS} dial-on-demand=false disabled=true invalid=false keepalive-timeout=10"
        " max-mru=auto max-mtu=auto mrru=disabled add-default-route=false default-route-distance=1"
        " profile=default service-name= use-peer-dns=false user=",
        fields=_PPP_FIELDS,
        refs="interface=interface profile=profile",
    ),
    "/interface/l2tp-client": _interface(
        "l2tp-out",
        f"{_DIAL} allow={_METHODS} allow-fast-path=false keepalive-timeout=60 l2tp-proto-version=l2tpv2"
        " l2tpv3-circuit-id= l2tpv3-cookie-length=0 l2tpv3-digest-hash=md5 max-mru=1450 max-mtu=1450"
        " mrru=disabled random-source-port=false src-address=:: use-ipsec=false use-peer-dns=no",
        fields=_PPP_FIELDS + "\nipsec-secret string = sens",
        refs="profile=profile",
    ),
    "/interface/pptp-client": _interface(
        "pptp-out",
        f"{_DIAL} allow=mschap2,mschap1 keepalive-timeout=60 max-mru=1450 max-mtu=1450 mrru=disabled"
        " use-peer-dns=no",
        fields=_PPP_FIELDS,
        refs="profile=profile",
    ),
    "/interface/sstp-client": _interface(
        "sstp-out",
        f"{_DIAL} add-sni=false authentication={_METHODS} certificate=none"
        " ciphers=aes256-sha,aes256-gcm-sha384"
        " http-proxy=:: hw-crypto=false keepalive-timeout=60 max-mru=1500 max-mtu=1500 mrru=disabled pfs=no"
        " port=443 proxy-port=443 tls-version=any verify-server-address-from-certificate=true"
        " verify-server-certificate=false",
        fields=_PPP_FIELDS,
        refs="profile=profile certificate=certificate|none",
    ),
    "/interface/ovpn-client": _interface(
        "ovpn-out",
        "add-default-route=false auth=sha1 certificate=none cipher=blowfish128 disabled=false"
        " disconnect-notify=true hw-crypto=false max-mtu=1500 mode=ip port=1194 profile=default-encryption"
        " protocol=tcp route-nopull=false tls-version=any use-peer-dns=yes user="
        " verify-server-certificate=false",
        fields=_PPP_FIELDS + "\nmac-address mac",
        refs="profile=profile certificate=certificate|none",
    ),
    "/interface/ppp-client": _interface(
        "ppp-out", "disabled=true", fields=_PPP_FIELDS, refs="profile=profile"
    ),
    "/interface/l2tp-server/server": Declared(
        fields="ipsec-secret string = sens",
        defaults=f"accept-proto-version=all accept-pseudowire-type=all allow-fast-path=false"
        f" authentication={_METHODS} caller-id-type=ip-address default-profile=default-encryption"
        " enabled=false"
        " keepalive-timeout=30 l2tpv3-circuit-id= l2tpv3-cookie-length=0 l2tpv3-digest-hash=md5"
        " l2tpv3-ether-interface-list=none max-mru=1450 max-mtu=1450 max-sessions=unlimited mrru=disabled"
        " one-session-per-host=false use-ipsec=no",
        refs="default-profile=profile l2tpv3-ether-interface-list=interface-list",
    ),
    "/interface/pptp-server/server": Declared(
        defaults="authentication=mschap2,mschap1 default-profile=default-encryption enabled=false"
        " keepalive-timeout=30 max-mru=1450 max-mtu=1450 mrru=disabled",
        refs="default-profile=profile",
    ),
    "/interface/sstp-server/server": Declared(
        defaults=f"authentication={_METHODS} certificate=none ciphers=aes256-sha,aes256-gcm-sha384"
        " default-profile=default enabled=false keepalive-timeout=60 max-mru=1500 max-mtu=1500 mrru=disabled"
        " pfs=no port=443 tls-version=any verify-client-certificate=false",
        refs="default-profile=profile certificate=certificate|none",
    ),
    "/interface/ovpn-server/server": Declared(
        fields="mac-address mac\nname string",
        defaults="auth=sha1,md5,sha256,sha512 cipher=blowfish128,aes128-cbc default-profile=default"
        " disabled=true enable-tun-ipv6=false inactive=false ipv6-prefix-len=64 keepalive-timeout=60"
        " max-mtu=1500 mode=ip netmask=24 port=1194 protocol=tcp push-routes= redirect-gateway=disabled"
        " reneg-sec=3600 require-client-certificate=false tls-version=any tun-server-ipv6=::"
        " user-auth-method=pap vrf=main",
        refs="default-profile=profile certificate=certificate|none",
        unique=(("name", "server with such name already exists"),),
    ),
    "/interface/pppoe-server/server": Declared(
        defaults=f"accept-empty-service=true accept-untagged=true authentication={_METHODS}"
        " default-profile=default disabled=true invalid=false keepalive-timeout=10 max-mru=auto max-mtu=auto"
        " max-sessions=unlimited mrru=disabled one-session-per-host=false pado-delay=0"
        " pppoe-over-vlan-range= service-name=service1",
        refs="interface=interface default-profile=profile",
    ),
    "/interface/vxlan": _interface(
        "vxlan",
        "allow-fast-path=true arp=enabled arp-timeout=auto bridge=none bridge-pvid=1 checksum=false"
        " dont-fragment=disabled group=0.0.0.0 hw=true hw-offloaded=false interface=none l2mtu=65535"
        " learning=true local-address=0.0.0.0 max-fdb-size=4096 mtu=1500 port=8472 rem-csum=none ttl=auto"
        " vtep-vrf=main vteps-ip-version=ipv4" + _LOOP,
        fields="mac-address mac\nname string\nrunning bool =true ro\nport int(1..65535)\n"
        "vni int(1..16777215) req",
        refs="interface=interface|none bridge=bridge|none vtep-vrf=routing-table",
    ),
    "/interface/vxlan/vteps": Declared(
        fields="remote-ip ip req\nport int(1..65535) =8472",
        defaults="dynamic=false hw-offloaded=false",
        refs="interface=vxlan",
    ),
    "/interface/veth": _interface(
        "veth",
        "dhcp=false disabled=false running=true",
        fields="address any =\ngateway ip\ngateway6 ip\nname string",
    ),
    "/interface/vrrp": _interface(
        "vrrp",
        "arp=enabled arp-timeout=auto authentication=none backup=true connection-tracking-mode=passive-active"
        " connection-tracking-port=8275 failure=false group-authority=none grp-authority=false"
        " grp-member=false"
        " interval=1s invalid=false master=false mtu=1500 on-backup= on-fail= on-master= preemption-mode=true"
        " priority=100 sync-connection-tracking=false v3-protocol=ipv4 version=3 vrid=1",
        fields="mac-address mac ro\nname string\npassword string = sens\npriority int(1..254)\n"
        "running bool =false ro\nvrid int(1..255)",
        refs="interface=interface",
    ),
    "/interface/macvlan": _interface(
        "macvlan",
        "arp=enabled arp-timeout=auto l2mtu=1598 mode=private mtu=1500" + _LOOP,
        fields="mac-address mac\nname string\nrunning bool =true ro",
        refs="interface=interface",
        required=("interface",),
    ),
    "/interface/lte": _interface(
        "lte",
        "allow-roaming=true apn-profiles=default band= disabled=false inactive=false modem-init= mtu=auto"
        " network-mode=3g,lte nr-band= sms-protocol=auto sms-read=true",
        fields="apn-profiles refs(apn)\ndefault-name string ro\nname string\npin string sens\n"
        "running bool =false ro",
    ),
    "/interface/lte/apn": Declared(
        fields="name string\npassword string = sens",
        defaults="add-default-route=true authentication=none default=false default-route-distance=2"
        " ip-type=auto use-network-apn=true use-peer-dns=true user=",
        namespace="apn",
        auto_name="apn",
        export=ExportStyle.BY_DEFAULT,
        unique=(("name", "already have such name"),),
        factory=({".id": "*0", "name": "default", "apn": "internet", "default": "true"},),
    ),
    "/interface/bridge/msti": Declared(
        defaults="dynamic=false priority=0x8000",
        fields="identifier int(1..31) req\npriority hex\nvlan-mapping ports req",
        refs="bridge=bridge",
        unique=(("bridge identifier", "already have such identifier"),),
    ),
    "/interface/bridge/mdb": Declared(defaults="dynamic=false", refs="bridge=bridge interface=interface"),
    "/interface/bridge/settings": Declared(
        defaults="allow-fast-path=true bridge-fast-forward-bytes=0 bridge-fast-forward-packets=0"
        " bridge-fast-path-active=true bridge-fast-path-bytes=0 bridge-fast-path-packets=0"
        " use-ip-firewall=false use-ip-firewall-for-pppoe=false use-ip-firewall-for-vlan=false",
    ),
    "/interface/detect-internet": Declared(
        defaults="detect-interface-list=none internet-interface-list=none lan-interface-list=none"
        " request-interval=1m wan-interface-list=none",
        refs="detect-interface-list=interface-list internet-interface-list=interface-list"
        " lan-interface-list=interface-list wan-interface-list=interface-list",
    ),
}
