"""What the old form told of registries: mirrors, who we are to them, whom to trust."""

from ichor.config.lowering import Lowering, Path, fields, find, items
from ichor.formats.yaml.nodes import Fields, Items, Node


def mirrors(work: Lowering) -> None:
    """Give each endpoint the path's flag, which stood beside them all."""
    node = work.take("machine.registries.mirrors", "RegistryMirrorConfig")
    for entry in node.entries if isinstance(node, Fields) else ():
        path = ("machine", "registries", "mirrors", entry.key)
        parts = _parts(work, path, entry.value, ("endpoints", "overridePath", "skipFallback"))
        flag = parts.get("overridePath")
        urls = parts.get("endpoints")
        rows = [
            fields(url.line, url=url, **({"overridePath": flag} if flag else {}))
            for url in (urls.items if isinstance(urls, Items) else ())
        ]
        work.put("RegistryMirrorConfig", "endpoints", items(entry.line, *rows), entry.key)
        if "skipFallback" in parts:
            work.put("RegistryMirrorConfig", "skipFallback", parts["skipFallback"], entry.key)


def registries(work: Lowering) -> None:
    """Part what a registry was told into who we are to it and whom to trust."""
    node = work.take("machine.registries.config", "RegistryAuthConfig")
    for entry in node.entries if isinstance(node, Fields) else ():
        path = ("machine", "registries", "config", entry.key)
        parts = _parts(work, path, entry.value, ("auth", "tls"))
        auth = parts.get("auth")
        for each in auth.entries if isinstance(auth, Fields) else ():
            work.put("RegistryAuthConfig", each.key, each.value, entry.key)
        known = ("ca", "clientIdentity", "insecureSkipVerify")
        tls = _parts(work, (*path, "tls"), parts.get("tls"), known)
        identity = tls.get("clientIdentity")
        if identity is not None:
            pair = {
                new: work.text64(found, ".".join((*path, "tls", "clientIdentity", old)))
                for old, new in (("crt", "cert"), ("key", "key"))
                if (found := find(identity, (old,))) is not None
            }
            tls["clientIdentity"] = fields(identity.line, **pair)
        if "ca" in tls:
            tls["ca"] = work.text64(tls["ca"], ".".join((*path, "tls", "ca")))
        for name, value in tls.items():
            work.put("RegistryTLSConfig", name, value, entry.key)


def _parts(
    work: Lowering, path: Path, node: Node | None, known: tuple[str, ...]
) -> dict[str, Node]:
    """Give the fields of a map; others than those known are refused."""
    entries = node.entries if isinstance(node, Fields) else ()
    for entry in entries:
        if entry.key not in known:
            work.fail(entry.value, (*path, entry.key), "unknown field")
    return {entry.key: entry.value for entry in entries if entry.key in known}
