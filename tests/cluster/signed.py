"""One image under several names, each signed in another way, and the rules for them."""

import json
from pathlib import Path

import yaml
from tests.apps import layouts
from tests.apps.signing import Key

from ichor.formats import oci, simple_signing
from ichor.formats.jsonvalue import decode_object
from ichor.image import layout

HOST = "verified.example"
SIGNED, UNSIGNED = f"{HOST}/team/signed:1", f"{HOST}/team/unsigned:1"
FOREIGN, TAMPERED = f"{HOST}/team/foreign:1", f"{HOST}/team/tampered:1"
MOVED = f"{HOST}/team/moved:1"
SKIPPED, DENIED = f"{HOST}/skipped:1", f"{HOST}/denied:1"
CACHE = "http://127.0.0.1:3172"
ALL = (SIGNED, UNSIGNED, FOREIGN, TAMPERED, MOVED, SKIPPED, DENIED)


def policy(key: Key) -> str:
    rules: list[dict[str, object]] = [
        {"image": f"{HOST}/skipped", "skip": True},
        {"image": f"{HOST}/team/*", "publicKey": {"certificate": key.public}},
        {"image": f"{HOST}/**", "deny": True},
    ]
    mirror = {"name": HOST, "endpoints": [{"url": CACHE}], "skipFallback": True}
    told = [
        {"apiVersion": "v1alpha1", "kind": "ImageVerificationConfig", "rules": rules},
        # There is no such registry: without it nobody could say that a signature is not there.
        {"apiVersion": "v1alpha1", "kind": "RegistryMirrorConfig", **mirror},
    ]
    return yaml.safe_dump_all(told)


def add(directory: Path, name: str, key: Key) -> None:
    """Give an image of a layout these names besides, and sign it as they say."""
    path = directory / "index.json"
    index = json.loads(path.read_bytes())
    digest = layout.images(directory)[name].digest
    (row,) = (each for each in index["manifests"] if each["digest"] == digest)
    for each in ALL:
        notes = {**row["annotations"], "io.containerd.image.name": each}
        index["manifests"].append({**row, "annotations": notes})
    path.write_text(json.dumps(index))
    key.attach(directory, SIGNED, TAMPERED, MOVED)
    Key().attach(directory, FOREIGN)
    tag = simple_signing.tag(digest)
    signed = layout.images(directory)[f"{HOST}/team/signed:{tag}"].digest
    _point(path, f"{HOST}/team/moved:{tag}", signed, directory)
    _tamper(path, f"{HOST}/team/tampered:{tag}", directory)


def _point(path: Path, name: str, digest: str, directory: Path) -> None:
    """Have a name of a layout's index mean another manifest."""
    index = json.loads(path.read_bytes())
    for row in index["manifests"]:
        if row["annotations"]["io.containerd.image.name"] == name:
            row["digest"] = digest
            row["size"] = layouts.blob(directory, digest).stat().st_size
    path.write_text(json.dumps(index))


def _tamper(path: Path, name: str, directory: Path) -> None:
    """Change a signed payload, and all digests up to the name."""
    manifest = layouts.blob(directory, layout.images(directory)[name].digest).read_bytes()
    (found,) = simple_signing.signatures(decode_object(manifest))
    payload = layouts.blob(directory, found.digest).read_bytes()
    changed = payload.replace(b'"optional":null', b'"optional":{"by":"me"}')
    assert changed != payload
    bodies = simple_signing.documents(changed, found.signature)
    for body in bodies:
        layouts.blob(directory, oci.digest(body)).write_bytes(body)
    _point(path, name, oci.digest(bodies[0]), directory)
