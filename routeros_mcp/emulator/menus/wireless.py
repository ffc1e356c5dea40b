"""Wi-Fi in its three generations: wifi, wireless and CAPsMAN. Source: 7.24 tree, manual, recorded bodies."""

from routeros_mcp.emulator.menus.declared import Declared, ExportStyle

_NAME_TAKEN = ("name", "already have interface with such name")
_PROFILE_TAKEN = (("name", "already have such name"),)
_BANDS = (
    "2ghz-b|2ghz-onlyg|2ghz-b/g|2ghz-onlyn|2ghz-b/g/n|2ghz-g/n|5ghz-a|5ghz-onlyn|5ghz-a/n|5ghz-a/n/ac|"
    "5ghz-onlyac|5ghz-n/ac"
)
_MODES = (
    "alignment-only|ap-bridge|bridge|nstreme-dual-slave|station|station-bridge|station-pseudobridge|"
    "station-pseudobridge-clone|station-wds|wds-slave"
)
_PROFILES = (
    "aaa=wifi-aaa channel=wifi-channel configuration=wifi-configuration datapath=wifi-datapath"
    " interworking=wifi-interworking security=wifi-security steering=wifi-steering"
)
_INLINE_SECRETS = "security.eap-password string sens\nsecurity.passphrase string sens"


def _profile(kind: str, *, fields: str = "", refs: str = "") -> Declared:
    """Return a named set of settings: it shows what was set, its name and whether it is disabled."""
    return Declared(
        fields=f"disabled bool =false\nname string req\n{fields}",
        refs=refs,
        namespace=kind,
        unique=_PROFILE_TAKEN,
    )


def _caps_profile(kind: str, *, fields: str = "", refs: str = "") -> Declared:
    return Declared(
        fields=f"comment string\nname string\n{fields}",
        refs=refs,
        namespace=kind,
        auto_name=kind,
        unique=_PROFILE_TAKEN,
    )


MENUS: dict[str, Declared] = {
    "/interface/wifi": Declared(
        fields=f"""
        arp enum(disabled|enabled|local-proxy-arp|proxy-arp|reply-only) =enabled
        bound bool true ro
        comment string
        default-name string ro
        disabled bool =false
        dynamic bool true ro
        inactive bool =false ro
        l2mtu int =1560 ro
        mac-address mac
        master bool =true ro
        name string
        radio-mac mac
        running bool =false ro
        {_INLINE_SECRETS}
        """,
        refs=_PROFILES + " master-interface=interface|none",
        sequence="interface",
        namespace="interface",
        interface_type="wifi",
        auto_name="wifi",
        export=ExportStyle.BY_DEFAULT_NAME,
        unique=(_NAME_TAKEN,),
    ),
    "/interface/wifi/aaa": _profile("wifi-aaa"),
    "/interface/wifi/channel": _profile("wifi-channel"),
    "/interface/wifi/configuration": _profile(
        "wifi-configuration",
        fields=_INLINE_SECRETS,
        refs=_PROFILES.replace(" configuration=wifi-configuration", ""),
    ),
    "/interface/wifi/datapath": _profile(
        "wifi-datapath", refs="bridge=bridge|none interface-list=interface-list"
    ),
    "/interface/wifi/interworking": _profile("wifi-interworking"),
    "/interface/wifi/security": _profile(
        "wifi-security", fields="eap-password string sens\npassphrase string sens"
    ),
    "/interface/wifi/steering": _profile("wifi-steering"),
    "/interface/wifi/access-list": Declared(fields="disabled bool =false\npassphrase string sens"),
    "/interface/wifi/provisioning": Declared(
        fields="disabled bool =false\nradio-mac mac =00:00:00:00:00:00",
        refs="master-configuration=wifi-configuration +slave-configurations=wifi-configuration",
    ),
    "/interface/wifi/cap": Declared(
        defaults="caps-man-certificate-common-names= caps-man-names= certificate=none discovery-interfaces="
        " enabled=no lock-to-caps-man=false slaves-static=false",
    ),
    "/interface/wifi/capsman": Declared(
        defaults="ca-certificate= certificate= enabled=no generated-ca-certificate= generated-certificate="
        " interfaces= package-path= require-peer-certificate=false upgrade-policy=none",
    ),
    "/interface/wifi/capsman/remote-cap": Declared(export=ExportStyle.NEVER),
    "/interface/wifi/radio": Declared(export=ExportStyle.NEVER),
    "/interface/wifi/registration-table": Declared(export=ExportStyle.NEVER),
    "/interface/wireless": Declared(
        fields=f"""
        antenna-gain int =0
        arp enum(disabled|enabled|local-proxy-arp|proxy-arp|reply-only) =enabled
        band enum({_BANDS}) =2ghz-b/g/n
        bridge-mode enum(disabled|enabled) =enabled
        channel-width string =20/40mhz-XX
        comment string
        country string =etsi
        default-authentication bool =true
        default-forwarding bool =true
        default-name string ro
        disabled bool =true
        distance any =dynamic
        frequency any =auto
        frequency-mode enum(manual-txpower|regulatory-domain|superchannel) =regulatory-domain
        hide-ssid bool =false
        installation enum(any|indoor|outdoor) =any
        interface-type string ro
        l2mtu int =1600
        mac-address mac
        master-interface ref(interface)
        max-station-count int(1..2007) =2007
        mode enum({_MODES}) =station
        mtu int =1500
        name string
        radio-name string
        running bool =false ro
        security-profile ref(security-profile) =default
        ssid string =MikroTik
        tx-power-mode enum(all-rates-fixed|card-rates|default|manual-table) =default
        vlan-id int(1..4095) =1
        vlan-mode enum(no-tag|use-service-tag|use-tag) =no-tag
        wireless-protocol enum(802.11|any|nstreme|nv2|nv2-nstreme|nv2-nstreme-802.11|unspecified) =any
        wds-mode enum(disabled|dynamic|dynamic-mesh|static|static-mesh) =disabled
        wmm-support enum(disabled|enabled|required) =disabled
        wps-mode enum(disabled|push-button|push-button-virtual-only) =push-button
        """,
        sequence="interface",
        namespace="interface",
        interface_type="wlan",
        auto_name="wlan",
        export=ExportStyle.BY_DEFAULT_NAME,
        unique=(_NAME_TAKEN,),
    ),
    "/interface/wireless/registration-table": Declared(export=ExportStyle.NEVER),
    "/interface/wireless/security-profiles": Declared(
        fields="""
        default bool =false ro
        mode enum(dynamic-keys|none|static-keys-optional|static-keys-required) =none
        mschapv2-password string = sens
        management-protection-key string = sens
        name string
        static-key-0 string = sens
        static-key-1 string = sens
        static-key-2 string = sens
        static-key-3 string = sens
        static-sta-private-key string = sens
        wpa-pre-shared-key string = sens
        wpa2-pre-shared-key string = sens
        """,
        defaults="authentication-types= disable-pmkid=false eap-methods=passthrough group-ciphers=aes-ccm"
        " group-key-update=5m interim-update=0s management-protection=disabled mschapv2-username="
        " radius-called-format=mac:ssid radius-eap-accounting=false radius-mac-accounting=false"
        " radius-mac-authentication=false radius-mac-caching=disabled radius-mac-format=XX:XX:XX:XX:XX:XX"
        " radius-mac-mode=as-username static-algo-0=none static-algo-1=none static-algo-2=none"
        " static-algo-3=none static-sta-private-algo=none static-transmit-key=key-0"
        " supplicant-identity=MikroTik"
        " tls-certificate=none tls-mode=no-certificates unicast-ciphers=aes-ccm",
        namespace="security-profile",
        auto_name="profile",
        export=ExportStyle.BY_DEFAULT,
        unique=_PROFILE_TAKEN,
        factory=({".id": "*0", "name": "default", "default": "true"},),
    ),
    "/interface/wireless/access-list": Declared(
        fields="disabled bool =false\nprivate-pre-shared-key string sens",
        refs="interface=interface|any",
    ),
    "/interface/wireless/cap": Declared(
        defaults="bridge=none caps-man-addresses= caps-man-certificate-common-names= caps-man-names="
        " certificate=none discovery-interfaces= enabled=false interfaces= lock-to-caps-man=false"
        " static-virtual=false",
    ),
    "/caps-man/manager": Declared(
        fields="enabled bool\nrequire-peer-certificate bool",
        defaults="ca-certificate=none certificate=none enabled=false"
        " generated-ca-certificate=CAPsMAN-CA-000000000000 generated-certificate=CAPsMAN-000000000000"
        " package-path= require-peer-certificate=false upgrade-policy=none",
    ),
    "/caps-man/manager/interface": Declared(
        fields="disabled bool =false\ndynamic bool =false ro\nforbid bool =false",
        refs="interface=interface|all",
        export=ExportStyle.ADD,
    ),
    "/caps-man/interface": Declared(
        fields="""
        bound bool =false ro
        configuration ref(caps-configuration)
        current-authorized-clients int =0 ro
        current-channel string ro
        current-rate-set string ro
        current-registered-clients int =0 ro
        current-state string ro
        disabled bool =false
        dynamic bool =false ro
        inactive bool =false ro
        mac-address mac
        master bool =true ro
        name string
        radio-mac mac
        running bool =false ro
        security.passphrase string sens
        """,
        refs="channel=caps-channel datapath=caps-datapath security=caps-security"
        " master-interface=interface|none",
        defaults="l2mtu=1600",
        sequence="interface",
        namespace="interface",
        interface_type="cap",
        auto_name="cap",
        unique=(_NAME_TAKEN,),
    ),
    "/caps-man/configuration": _caps_profile(
        "caps-configuration",
        fields="security.passphrase string sens",
        refs="channel=caps-channel datapath=caps-datapath security=caps-security rates=caps-rates",
    ),
    "/caps-man/channel": _caps_profile("caps-channel"),
    "/caps-man/datapath": _caps_profile("caps-datapath", refs="bridge=bridge interface-list=interface-list"),
    "/caps-man/security": _caps_profile("caps-security", fields="passphrase string sens"),
    "/caps-man/rates": _caps_profile("caps-rates"),
    "/caps-man/access-list": Declared(fields="disabled bool =false\nprivate-passphrase string sens"),
    "/caps-man/provisioning": Declared(
        fields="disabled bool =false\nradio-mac mac =00:00:00:00:00:00",
        defaults="action=none common-name-regexp= hw-supported-modes= identity-regexp= ip-address-ranges="
        " name-format=cap name-prefix= slave-configurations=",
        refs="master-configuration=caps-configuration +slave-configurations=caps-configuration",
    ),
    "/caps-man/radio": Declared(export=ExportStyle.NEVER),
    "/caps-man/registration-table": Declared(export=ExportStyle.NEVER),
    "/caps-man/remote-cap": Declared(export=ExportStyle.NEVER),
}
