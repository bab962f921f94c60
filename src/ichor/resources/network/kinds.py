"""Closed sets of words about addresses, routes and layers."""

from ichor.resources.fields import Word


class Family(Word):
    INET4 = "inet4", 2
    INET6 = "inet6", 10


class Scope(Word):
    GLOBAL = "global", 0
    SITE = "site", 200
    LINK = "link", 253
    HOST = "host", 254
    NOWHERE = "nowhere", 255


class AddressSortAlgorithm(Word):
    V1 = "v1", 0
    V2 = "v2", 1


class RouteType(Word):
    UNSPEC = "unspec", 0
    UNICAST = "unicast", 1
    LOCAL = "local", 2
    BROADCAST = "broadcast", 3
    ANYCAST = "anycast", 4
    MULTICAST = "multicast", 5
    BLACKHOLE = "blackhole", 6
    UNREACHABLE = "unreachable", 7
    PROHIBIT = "prohibit", 8
    THROW = "throw", 9
    NAT = "nat", 10
    XRESOLVE = "xresolve", 11


class RoutingRuleAction(Word):
    UNSPEC = "unspec", 0
    UNICAST = "unicast", 1
    BLACKHOLE = "blackhole", 6
    UNREACHABLE = "unreachable", 7
    PROHIBIT = "prohibit", 8


class DNSProtocol(Word):
    DO53 = "Do53", 0
    DOT = "DoT", 1
    DOH = "DoH", 2


class ClientIdentifierKind(Word):
    NONE = "none", 0
    MAC = "mac", 1
    DUID = "duid", 2


class Layer(Word):
    DEFAULT = "default", 0
    CMDLINE = "cmdline", 1
    PLATFORM = "platform", 2
    OPERATOR = "operator", 3
    CONFIGURATION = "configuration", 4


class OperatorKind(Word):
    DHCP4 = "dhcp4", 0
    DHCP6 = "dhcp6", 1
    VIP = "vip", 2
