"""Names of messages: their package, and how one is written as seen from another."""

from tools.proto_facts import Facts


def package_of(name: str) -> str:
    """The leading lower-case words: true of every name in the tables."""
    words = name.split(".")
    first = next(index for index, word in enumerate(words) if word[0].isupper())
    return ".".join(words[:first])


def parent(name: str) -> str:
    return name.rpartition(".")[0]


def relative(kind: str, scope: str, facts: Facts) -> str:
    """The shortest name of a type as seen from a message, by protobuf's scoping rules."""
    if kind.startswith("map<"):
        key, value = kind[4:-1].split(",")
        return f"map<{key}, {relative(value.strip(), scope, facts)}>"
    if "." not in kind:
        return kind
    package = package_of(scope)
    local = package_of(kind) == package
    short = kind.removeprefix(package + ".") if local else kind
    first = short.split(".")[0]
    seen = scope
    while seen != (package if local else ""):
        found = f"{seen}.{first}"
        known = found in facts.messages or found in facts.enums
        if found != f"{package}.{first}" and (known or is_package(found, facts)):
            return "." + kind
        seen = parent(seen)
    return short


def is_package(name: str, facts: Facts) -> bool:
    return name in facts.packages
