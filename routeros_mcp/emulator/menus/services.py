"""Services for the networks behind a router: DHCP options, proxies, hotspot. Source: 7.24 tree, manual."""

from routeros_mcp.emulator.menus.declared import Declared, ExportStyle

_TAKEN = ("name", "already have such name")

MENUS: dict[str, Declared] = {
    "/ip/dhcp-relay": Declared(
        fields="name string",
        defaults="add-relay-info=false delay-threshold=none dhcp-server-vrf=main disabled=true invalid=false"
        " local-address=0.0.0.0 local-address-as-src-ip=false relay-info-remote-id=",
        refs="interface=interface dhcp-server-vrf=routing-table",
        auto_name="relay",
        unique=(("name", "relay with such name already exists"),),
    ),
    "/ip/dhcp-server/option": Declared(
        fields="code any req\nname string req\nraw-value string = ro",
        defaults="force=false value=",
        namespace="dhcp-option",
        unique=(("name", "option with such name already exists"),),
    ),
    "/ip/dhcp-server/option/sets": Declared(
        fields="name string req",
        refs="+options=dhcp-option",
        namespace="dhcp-option-set",
        unique=(("name", "option set with such name already exists"),),
    ),
    "/ip/dhcp-server/config": Declared(
        defaults="accounting=true interim-update=0s radius-password=empty store-leases-disk=5m"
    ),
    "/ip/dhcp-server/alert": Declared(
        defaults="alert-timeout=1h invalid=false on-alert= unknown-server= valid-server=",
        refs="interface=interface",
    ),
    "/ip/dhcp-client/option": Declared(
        fields="code any req\nname string req\nraw-value string = ro",
        defaults="value=",
        export=ExportStyle.BY_NAME,
        unique=(("name", "option with such name already exists"),),
    ),
    "/ip/dns/forwarders": Declared(
        fields="name string",
        defaults="disabled=false dns-servers= doh-servers= verify-doh-cert=true",
        unique=(("name", "forwarder with such name already exists"),),
    ),
    "/ip/dns/adlist": Declared(
        defaults="disabled=false match-count=0 name-count=0 ssl-verify=true", required=("file", "url")
    ),
    "/ip/reverse-proxy": Declared(required=("ip-address",)),
    "/ip/upnp": Declared(
        defaults="allow-disable-external-interface=false enabled=false show-dummy-rule=true"
    ),
    "/ip/upnp/interfaces": Declared(defaults="dynamic=false", refs="interface=interface"),
    "/ip/nat-pmp": Declared(defaults="enabled=false"),
    "/ip/nat-pmp/interfaces": Declared(defaults="dynamic=false", refs="interface=interface"),
    "/ip/proxy": Declared(
        defaults="always-from-cache=false anonymous=false cache-administrator=webmaster cache-hit-dscp=4"
        " cache-on-disk=false cache-path=web-proxy enabled=false max-cache-object-size=2048"
        " max-cache-size=unlimited max-client-connections=600 max-fresh-time=3d max-server-connections=600"
        " parent-proxy=:: parent-proxy-port=0 port=8080 serialize-connections=false src-address=::",
    ),
    "/ip/proxy/access": Declared(fields="hits int =0 ro", defaults="action=allow"),
    "/ip/socks": Declared(
        defaults="auth-method=none connection-idle-timeout=2m enabled=false max-connections=200 port=1080"
        " version=4 vrf=main",
        fields="port int(1..65535)\nmax-connections int(1..500)",
    ),
    "/ip/socks/access": Declared(defaults="action=allow"),
    "/ip/socks/users": Declared(fields="name string req\npassword string req sens"),
    "/ip/tftp": Declared(
        defaults="allow=true allow-overwrite=false allow-rollover=false hits=0 ip-addresses="
        " read-only=false reading-window-size=0",
    ),
    "/ip/hotspot": Declared(
        fields="HTTPS bool =false ro\nip-of-dns-name ip =0.0.0.0 ro\nname string\nproxy-status string"
        " =running ro",
        defaults="address-pool=none addresses-per-mac=2 disabled=true idle-timeout=5m invalid=false"
        " keepalive-timeout=none login-timeout=none profile=default",
        refs="interface=interface profile=hotspot-profile address-pool=pool|none",
        namespace="hotspot",
        auto_name="hotspot",
        unique=(_TAKEN,),
    ),
    "/ip/hotspot/profile": Declared(
        fields="default bool =false ro\nmac-auth-password string sens\nname string",
        defaults="dns-name= hotspot-address=0.0.0.0 html-directory=hotspot html-directory-override="
        " http-cookie-lifetime=3d http-proxy=0.0.0.0:0 install-hotspot-queue=false login-by=cookie,http-chap"
        " rate-limit= smtp-server=0.0.0.0 split-user-domain=false use-radius=false",
        namespace="hotspot-profile",
        auto_name="hsprof",
        export=ExportStyle.BY_DEFAULT,
        unique=(_TAKEN,),
        factory=({".id": "*0", "name": "default", "default": "true"},),
    ),
    "/ip/hotspot/user": Declared(
        fields="default bool =false ro\nname string req\notp-secret string sens\npassword string sens",
        defaults="bytes-in=0 bytes-out=0 dynamic=false packets-in=0 packets-out=0 uptime=0s",
        refs="profile=hotspot-user-profile server=hotspot|all",
        unique=(("name", "user with the same name already exists"),),
        factory=(
            {
                ".id": "*0",
                "name": "default-trial",
                "comment": "counters and limits for trial users",
                "default": "true",
            },
        ),
        export=ExportStyle.BY_DEFAULT,
    ),
    "/ip/hotspot/user/profile": Declared(
        fields="default bool =false ro\nname string",
        defaults="add-mac-cookie=true address-list= idle-timeout=none keepalive-timeout=2m"
        " mac-cookie-timeout=3d shared-users=1 status-autorefresh=1m transparent-proxy=false",
        refs="address-pool=pool|none",
        namespace="hotspot-user-profile",
        auto_name="uprof",
        export=ExportStyle.BY_DEFAULT,
        unique=(_TAKEN,),
        factory=({".id": "*0", "name": "default", "default": "true"},),
    ),
    "/ip/hotspot/ip-binding": Declared(
        fields="blocked bool =false ro\nbypassed bool =false ro\ntype enum(blocked|bypassed|regular)",
        refs="server=hotspot|all",
    ),
    "/ip/traffic-flow": Declared(
        defaults="active-flow-timeout=30m cache-entries=4k enabled=false inactive-flow-timeout=15s"
        " interfaces=all packet-sampling=false sampling-interval=0 sampling-space=0",
    ),
    "/ip/traffic-flow/target": Declared(
        defaults="port=2055 src-address=0.0.0.0 v9-template-refresh=20 v9-template-timeout=30m version=9"
    ),
    "/ip/firewall/layer7-protocol": Declared(
        fields="name string\nregexp string =",
        auto_name="layer7-protocol",
        namespace="layer7-protocol",
        unique=(("name", "already have such name"),),
    ),
    "/ip/firewall/service-port": Declared(
        fields="dynamic bool =false ro\ninvalid bool =false ro\nname string ro\nports ports",
        export=ExportStyle.BY_NAME,
        factory=(
            {".id": "*1", "name": "ftp", "ports": "21"},
            {".id": "*2", "name": "tftp", "ports": "69"},
            {".id": "*3", "name": "irc", "ports": "6667", "disabled": "true"},
            {".id": "*4", "name": "h323"},
            {
                ".id": "*5",
                "name": "sip",
                "ports": "5060,5061",
                "sip-direct-media": "true",
                "sip-timeout": "1h",
            },
            {".id": "*6", "name": "pptp"},
            {".id": "*7", "name": "rtsp", "ports": "554", "disabled": "true"},
            {".id": "*8", "name": "udplite"},
            {".id": "*9", "name": "dccp"},
            {".id": "*A", "name": "sctp"},
        ),
    ),
    "/ip/vrf": Declared(
        fields="name string req",
        defaults="builtin=false disabled=false",
        refs="+interfaces=interface|interface-list:",
        unique=(("name", "already have such vrf"),),
        export=ExportStyle.BY_NAME,
        factory=({".id": "*1", "name": "main", "interfaces": "all", "builtin": "true"},),
    ),
    "/ip/smb": Declared(defaults="comment=MikrotikSMB domain=MSHOME enabled=auto interfaces=all"),
    "/ip/smb/users": Declared(
        fields="name string req\npassword string = sens", defaults="disabled=false read-only=true"
    ),
}
