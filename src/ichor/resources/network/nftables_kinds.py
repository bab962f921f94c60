"""Closed sets of words about the packet filter."""

from ichor.resources.fields import Word


class NfTablesChainHook(Word):
    PREROUTING = "prerouting", 0
    INPUT = "input", 1
    FORWARD = "forward", 2
    OUTPUT = "output", 3
    POSTROUTING = "postrouting", 4


class NfTablesChainPriority(Word):
    FIRST = "first", -2147483648
    CONNTRACK_DEFRAG = "conntrack-defrag", -400
    RAW = "raw", -300
    SELINUX_FIRST = "selinux-first", -225
    CONNTRACK = "conntrack", -200
    MANGLE = "mangle", -150
    NAT_DEST = "nat-dest", -100
    FILTER = "filter", 0
    SECURITY = "security", 50
    NAT_SOURCE = "nat-source", 100
    SELINUX_LAST = "selinux-last", 225
    CONNTRACK_HELPER = "conntrack-helper", 300
    LAST = "last", 2147483647


class NfTablesVerdict(Word):
    DROP = "drop", 0
    ACCEPT = "accept", 1


class ConntrackState(Word):
    INVALID = "invalid", 1
    ESTABLISHED = "established", 2
    RELATED = "related", 4
    NEW = "new", 8


class ICMPType(Word):
    TIMESTAMP_REQUEST = "13", 13
    TIMESTAMP_REPLY = "14", 14
    ADDRESS_MASK_REQUEST = "17", 17
    ADDRESS_MASK_REPLY = "18", 18


class MatchOperator(Word):
    EQUAL = "==", 0
    NOT_EQUAL = "!=", 1


class Protocol(Word):
    ICMP = "icmp", 1
    TCP = "tcp", 6
    UDP = "udp", 17
    ICMPV6 = "icmpv6", 58
