"""Record the store of a live node for tests/conformance: python -m tests.recorded.record ...

    python -m tests.recorded.record TALOSCONFIG ENDPOINT:PORT CONFIG.yaml > controlplane-live.json

Secrets go: private keys of any sort and every secret value of the machine's configuration are
replaced by texts of the same shape. What changes by itself (events, counters) stays as it was.
"""

import asyncio
import base64
import hashlib
import json
import re
import sys
from collections.abc import Iterator
from pathlib import Path

from ichor.client.machine import credentials
from ichor.client.state import StateClient
from ichor.client.talosconfig import Context, read
from ichor.errors import FormatError
from ichor.resources.registry import definitions, spec_class
from ichor.resources.wire.text import to_yaml
from ichor.rpc.client import Channel
from ichor.rpc.peer import TcpTarget
from ichor.rpc.status import RpcError
from ichor.rpc.tls import ClientTls

_PEM = re.compile(
    r"(-----BEGIN [A-Z0-9 ]*PRIVATE KEY-----)(.*?)(-----END [A-Z0-9 ]*PRIVATE KEY-----)", re.DOTALL
)
_BODY = re.compile(r"(?<!\\)[A-Za-z0-9+/=]{9,}")
_NO_KEY = b"-----BEGIN PRIVATE KEY-----\nREDACTED\n-----END PRIVATE KEY-----\n"
_BASE64_OF_32 = 44
_BLOB = re.compile(r"[A-Za-z0-9+/]{40,}={0,2}")
_SECRETS = re.compile(
    r"^ *(?:- )?(?:token|secret|id|secretboxEncryptionSecret|clusterID|clusterSecret)"
    r": (\S{16,})$",
    re.MULTILINE,
)
_ELSEWHERE = ("shared", "controlplane", "cluster-raw")


def secrets_of(config: str) -> list[str]:
    found = {one.strip("\"'") for one in _SECRETS.findall(config)}
    return sorted(found, key=len, reverse=True)


def redacted(text: str, secrets: list[str]) -> str:
    for secret in secrets:
        text = text.replace(secret, fake(secret))
    text = _PEM.sub(lambda match: hidden(match[0], match[1], match[2], match[3]), text)
    return _BLOB.sub(lambda match: blob(match[0]), text)


def hidden(_whole: str, begin: str, body: str, end: str) -> str:
    """Keep the lines and their indentation: the key may stand within YAML."""
    return f"{begin}{_BODY.sub('REDACTED', body)}{end}"


def fake(secret: str) -> str:
    """Give another text of the same shape: as many bytes in base64, or as many hex digits."""
    digest = hashlib.sha256(f"public {len(secret)}".encode())
    if len(secret) == _BASE64_OF_32:
        return base64.b64encode(digest.digest()).decode()
    digits = digest.hexdigest() * (len(secret) // 64 + 1)
    return "".join("." if a == "." else b for a, b in zip(secret, digits, strict=False))


def blob(text: str) -> str:
    try:
        inside = base64.b64decode(text)
    except ValueError:
        return text
    if b"PRIVATE KEY" not in inside:
        return text
    return base64.b64encode(
        b"-----BEGIN PRIVATE KEY-----\nREDACTED\n-----END PRIVATE KEY-----\n"
    ).decode()


def kinds() -> Iterator[tuple[str, str]]:
    for one in definitions():
        yield one.type, one.namespace
        if one.type.startswith(("Affiliates.", "Endpoints.")):
            yield from ((one.type, namespace) for namespace in _ELSEWHERE)


async def record(context: Context, endpoint: str, secrets: list[str]) -> None:
    host, _, port = endpoint.rpartition(":")
    channel = Channel(TcpTarget(host, int(port), ClientTls(credentials(context))))
    client = StateClient(channel)
    rows: list[dict[str, object]] = []
    for type, namespace in kinds():
        try:
            found = await client.list(spec_class(type), namespace)
        except (RpcError, FormatError) as err:
            print(f"left out: {type}: {err}", file=sys.stderr)
            continue
        for one in found:
            text = redacted(to_yaml(one.spec), secrets)
            rows.append(
                {
                    "type": type,
                    "namespace": namespace,
                    "id": one.id,
                    "labels": dict(one.labels),
                    "spec": text,
                }
            )
    await channel.close()
    json.dump(rows, sys.stdout, indent=1)


def main(talosconfig: str, endpoint: str, config: str) -> None:
    context = read(Path(talosconfig).read_bytes()).current()
    asyncio.run(record(context, endpoint, secrets_of(Path(config).read_text())))


if __name__ == "__main__":
    main(*sys.argv[1:4])
