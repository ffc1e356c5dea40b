"""Dynamic routing: rules, ids, BGP, OSPF, filters. Source: 7.24 tree, vendor manual, recorded bodies."""

from routeros_mcp.emulator.menus.declared import Declared, ExportStyle

_BGP = """
cluster-id ip
router-id any
tcp-md5-key string sens
"""
_TAKEN = (("name", "already have such name"),)

MENUS: dict[str, Declared] = {
    "/routing/rule": Declared(
        fields="action enum(drop|lookup|lookup-only-in-table|mangle|unreachable) =lookup\ncomment string\n"
        "dst-address prefix\nmin-prefix int(0..128)\nsrc-address prefix",
        defaults="disabled=false inactive=false",
        refs="interface=interface table=routing-table routing-mark=routing-table",
    ),
    "/routing/id": Declared(
        fields="dynamic bool =false ro\ndynamic-id ip ro\nid ip\nname string\n"
        "select-dynamic-id enum(any|lowest|only-active|only-loopback|only-static|only-vrf)",
        defaults="disabled=false inactive=false",
        namespace="routing-id",
        auto_name="id-",
        unique=_TAKEN,
    ),
    "/routing/bgp/instance": Declared(
        fields="name string",
        defaults="as=65530 disabled=false inactive=false",
        refs="vrf=routing-table routing-table=routing-table",
        namespace="bgp-instance",
        auto_name="instance",
        unique=_TAKEN,
    ),
    "/routing/bgp/template": Declared(
        fields=_BGP + "default bool =false ro\nname string req",
        defaults="disabled=false inactive=false",
        refs="routing-table=routing-table vrf=routing-table",
        namespace="bgp-template",
        unique=_TAKEN,
        export=ExportStyle.BY_DEFAULT,
        factory=({".id": "*0", "name": "default", "default": "true", "as": "65530"},),
    ),
    "/routing/bgp/connection": Declared(
        fields=_BGP + "dynamic bool true ro\nname string req\nlocal.address any\nremote.address any",
        defaults="connect=true disabled=false inactive=false listen=true",
        refs="instance=bgp-instance +templates=bgp-template routing-table=routing-table vrf=routing-table",
        required=("instance", "local.role", "name"),
        unique=_TAKEN,
    ),
    "/routing/bgp/session": Declared(export=ExportStyle.NEVER),
    "/routing/ospf/instance": Declared(
        fields="name string\nin-filter-chain string\nout-filter-chain string\nversion enum(2|3)",
        defaults="disabled=false inactive=false originate-default=never router-id=main version=2 vrf=main",
        refs="vrf=routing-table routing-table=routing-table",
        namespace="ospf-instance",
        auto_name="ospf-instance-",
        unique=_TAKEN,
    ),
    "/routing/ospf/area": Declared(
        fields="area-id ip\nname string\ndefault-cost int\nno-summaries flag",
        defaults="area-id=0.0.0.0 disabled=false dynamic=false inactive=false type=default",
        refs="instance=ospf-instance",
        namespace="ospf-area",
        auto_name="ospf-area-",
        unique=(("name", "already have such name"), ("instance area-id", "area already exists")),
    ),
    "/routing/ospf/interface-template": Declared(
        fields="auth-key string sens\ncost int(1..65535)\nnetworks prefixes\npassive flag\n"
        "priority int(0..255)\ninterfaces any",
        defaults="cost=1 dead-interval=40s disabled=false hello-interval=10s inactive=false instance-id=0"
        " priority=128 retransmit-interval=5s transmit-delay=1s type=broadcast use-bfd=false",
        refs="area=ospf-area",
    ),
    "/routing/ospf/neighbor": Declared(export=ExportStyle.NEVER),
    "/routing/filter/rule": Declared(
        fields="chain string req\ncomment string\nrule string",
        defaults="disabled=false inactive=false",
    ),
    "/routing/filter/num-list": Declared(defaults="disabled=false"),
    "/routing/filter/community-list": Declared(defaults="disabled=false"),
    "/routing/settings": Declared(
        defaults="check-gateway-ping-count=2 check-gateway-ping-interval=10s check-gateway-ping-timeout=1s"
        " connected-in-chain= dynamic-in-chain= single-process=false",
    ),
    "/routing/bfd/configuration": Declared(
        defaults="disabled=false inactive=false",
        fields="forbid-bfd flag\nmultiplier int(1..255)\naddresses prefixes",
        refs="vrf=routing-table",
    ),
    "/routing/route": Declared(export=ExportStyle.NEVER),
    "/routing/nexthop": Declared(export=ExportStyle.NEVER),
}
