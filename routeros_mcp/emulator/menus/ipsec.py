"""IPsec menus. Source: 7.24 tree, vendor manual's defaults."""

from routeros_mcp.emulator.menus.declared import Declared, ExportStyle

_METHODS = "digital-signature|eap|eap-radius|pre-shared-key|pre-shared-key-xauth|rsa-key|rsa-signature-hybrid"
_TAKEN = (("name", "already have such name"),)

MENUS: dict[str, Declared] = {
    "/ip/ipsec/profile": Declared(
        fields="default bool =false ro\nname string req",
        defaults="dh-group=modp2048,modp1024 dpd-interval=2m dpd-maximum-failures=5"
        " enc-algorithm=aes-128,3des"
        " hash-algorithm=sha1 lifetime=1d nat-traversal=true ppk=no prf-algorithm=auto proposal-check=obey",
        namespace="ipsec-profile",
        export=ExportStyle.BY_DEFAULT,
        unique=_TAKEN,
        factory=({".id": "*1", "name": "default", "default": "true"},),
    ),
    "/ip/ipsec/peer": Declared(
        fields="address any =::/0\nname string\nlocal-address ip\nppk-secret string sens\nport int(1..65535)",
        defaults="disabled=false dynamic=false exchange-mode=main profile=default responder=false"
        " send-initial-contact=true",
        refs="profile=ipsec-profile",
        namespace="peer",
        auto_name="peer",
        unique=_TAKEN,
    ),
    "/ip/ipsec/identity": Declared(
        fields=f"""
        auth-method enum({_METHODS}) =pre-shared-key
        comment string
        password string sens
        secret string = sens
        """,
        defaults="disabled=false dynamic=false generate-policy=no",
        refs="peer=peer mode-config=mode-config|none|request-only policy-template-group=policy-group"
        " +certificate=certificate|none remote-certificate=certificate|none",
        unique=(("peer", "identity already exists"),),
    ),
    "/ip/ipsec/proposal": Declared(
        fields="default bool =false ro\nname string",
        defaults="auth-algorithms=sha1 disabled=false enc-algorithms=aes-256-cbc,aes-192-cbc,aes-128-cbc"
        " lifetime=30m pfs-group=modp1024",
        namespace="proposal",
        auto_name="proposal",
        export=ExportStyle.BY_DEFAULT,
        unique=_TAKEN,
        factory=({".id": "*0", "name": "default", "default": "true"},),
    ),
    "/ip/ipsec/policy": Declared(
        fields="dst-address any =::/0\nsrc-address any =::/0\ndefault bool =false ro",
        defaults="action=encrypt active=false disabled=false dst-port=any dynamic=false invalid=false"
        " ipsec-protocols=esp level=require ph2-count=0 ph2-state=no-phase2 proposal=default protocol=all"
        " src-port=any template=false tunnel=false",
        refs="peer=peer proposal=proposal group=policy-group",
        export=ExportStyle.BY_DEFAULT,
        factory=(
            {
                ".id": "*FFFFFF",
                "default": "true",
                "group": "default",
                "template": "true",
            },
        ),
    ),
    "/ip/ipsec/policy/group": Declared(
        fields="default bool =false ro\nname string req",
        namespace="policy-group",
        unique=_TAKEN,
        export=ExportStyle.BY_NAME,
        factory=({".id": "*0", "name": "default", "default": "true"},),
    ),
    "/ip/ipsec/mode-config": Declared(
        fields="address-prefix-length int(1..32)\ndefault bool =false ro\nname string req\nstatic-dns ips",
        defaults="responder=true",
        refs="address-pool=pool|none",
        namespace="mode-config",
        unique=_TAKEN,
        export=ExportStyle.BY_DEFAULT,
        factory=({".id": "*0", "name": "request-only", "default": "true", "responder": "false"},),
    ),
    "/ip/ipsec/settings": Declared(defaults="accounting=true interim-update=0s xauth-use-radius=false"),
    "/ip/ipsec/key/psk": Declared(fields="key string req sens", refs="peer=peer"),
}
