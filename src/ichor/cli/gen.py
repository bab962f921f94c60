"""`ichor gen`: secrets, configurations, keys and certificates, all offline."""

import os
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Final

import click

from ichor.cli import gen_pki, gen_secureboot
from ichor.cli.go_flags import GoFlags
from ichor.cli.save import STDOUT, patches_of, read_text, write_text
from ichor.errors import InputError

if TYPE_CHECKING:
    from ichor.config.bundle import Bundle
    from ichor.config.container import Config
    from ichor.config.generate import Request

TYPES: Final = ("controlplane", "worker", "talosconfig")
_DISCOVERY: Final = "with_cluster_discovery"
_LATER: Final = "is known, not supported yet"

force_option = click.option("-f", "--force", is_flag=True, help="Replace files that are there.")


@click.group()
def gen() -> None:
    """Make secrets, configurations, keys and certificates."""


for _command in (gen_pki.ca, gen_pki.key, gen_pki.csr, gen_pki.crt, gen_secureboot.secureboot):
    gen.add_command(_command)


@gen.command()
@click.option("-o", "--output-file", default="secrets.yaml", show_default=True)
@click.option("--from-controlplane-config", help="Gather them from a configuration instead.")
@click.option("-t", "--kubernetes-bootstrap-token", help="Use this token, `id.secret`.")
@click.option("-p", "--from-kubernetes-pki", help="Take the CAs of a kubeadm directory over.")
@click.option("--talos-version", help="The interface's version; only 1.14 is there.")
@force_option
def secrets(
    output_file: str,
    from_controlplane_config: str | None,
    kubernetes_bootstrap_token: str | None,
    from_kubernetes_pki: str | None,
    talos_version: str | None,
    *,
    force: bool,
) -> None:
    """Draw the secrets of a new cluster into one file."""
    from ichor.config import bundle

    check_version(talos_version)
    if from_controlplane_config:
        from ichor.config.decode import decode

        text = read_text(from_controlplane_config)
        made = bundle.of_config(decode(text, file=from_controlplane_config))
    else:
        made = fresh_secrets()
    if from_kubernetes_pki:
        pki = {name: read_text(f"{from_kubernetes_pki}/{name}") for name in bundle.KUBERNETES_PKI}
        made = bundle.with_kubernetes_pki(made, pki)
    if kubernetes_bootstrap_token:
        made = bundle.with_bootstrap_token(made, kubernetes_bootstrap_token)
    write_text(output_file, bundle.write(made), force=force)


@gen.command(name="config", cls=GoFlags)
@click.argument("cluster_name")
@click.argument("cluster_endpoint")
@click.option("-o", "--output", help="Directory; file or - for one type. Default: here.")
@click.option("-t", "--output-types", default=",".join(TYPES), show_default=True)
@click.option("--with-secrets", help="File of `gen secrets`; else new ones are drawn.")
@click.option("--config-patch", multiple=True, help="Patch for all, a text or @file.")
@click.option("--config-patch-control-plane", multiple=True)
@click.option("--config-patch-worker", multiple=True)
@click.option("--kubernetes-version", help="Default: that of this release.")
@click.option("--images", type=click.Choice(["build", "pull"]), default="build", show_default=True)
@click.option("--additional-sans", multiple=True, help="More names of the APIs, comma-separated.")
@click.option("--dns-domain", default="cluster.local", show_default=True)
@click.option("--discovery-endpoint", default="", help="A discovery service; none by default.")
@click.option("--with-cluster-discovery/--without-cluster-discovery", default=True, hidden=True)
@click.option("--with-docs/--without-docs", default=False, hidden=True)
@click.option("--with-examples/--without-examples", default=False, hidden=True)
@click.option("--talos-version", help="The interface's version; only 1.14 is there.")
@click.option("--version", default="v1alpha1", type=click.Choice(["v1alpha1"]), hidden=True)
@click.option("--install-disk", hidden=True)
@click.option("--install-image", hidden=True)
@click.option("--registry-mirror", multiple=True, hidden=True)
@click.option("--with-kubespan", is_flag=True, hidden=True)
@force_option
@click.pass_context
def config(
    context: click.Context, /, cluster_name: str, cluster_endpoint: str, **_: object
) -> None:
    """Write controlplane.yaml, worker.yaml and talosconfig of a cluster.

    CLUSTER_ENDPOINT is the https URL of its Kubernetes API, as https://10.5.0.2:6443.
    """
    options = Options(context.params)
    options.refuse_later("install_disk", "install_image", "registry_mirror", "with_kubespan")
    check_version(options.text("talos_version"))
    source = options.text("with_secrets")
    made = read_secrets(source) if source else fresh_secrets()
    request = request_of(cluster_name, cluster_endpoint, options)
    types = wanted_types(options.text("output_types"))
    for kind in types:
        text = rendered(kind, request, made, options)
        path = output_path(options.text("output"), kind, single=len(types) == 1)
        write_text(path, text, force=bool(context.params["force"]))


class Options:
    """The options of `gen config`, read with their types."""

    def __init__(self, params: dict[str, object]) -> None:
        self.params = params

    def text(self, name: str) -> str:
        return str(self.params[name] or "")

    def texts(self, name: str) -> tuple[str, ...]:
        value = self.params[name]
        return tuple(str(item) for item in value) if isinstance(value, tuple) else ()

    def split(self, name: str) -> tuple[str, ...]:
        return tuple(part for item in self.texts(name) for part in item.split(",") if part)

    def refuse_later(self, *names: str) -> None:
        for name in names:
            if self.params[name]:
                raise InputError(f"--{name.replace('_', '-')} {_LATER}")


def check_version(version: str | None) -> None:
    if version and not version.removeprefix("v").startswith("1.14"):
        raise InputError(f"--talos-version {version}: only 1.14 is there")


def fresh_secrets() -> "Bundle":
    from ichor.config import bundle

    return bundle.generate(now=now(), entropy=os.urandom)


def read_secrets(path: str) -> "Bundle":
    from ichor.config import bundle

    return bundle.read(read_text(path), file=path)


def now() -> datetime:
    return datetime.now(UTC).replace(microsecond=0)


def request_of(name: str, endpoint: str, options: Options) -> "Request":
    from ichor.config import versions
    from ichor.config.field import HTTPS
    from ichor.config.generate import Request

    if not HTTPS.test(endpoint):
        raise InputError(f"expected {HTTPS.expectation}, got {endpoint!r}", path="CLUSTER_ENDPOINT")
    version, own = options.text("kubernetes_version"), versions.version("kubernetes")
    source: versions.Source = "build" if options.text("images") == "build" else "pull"
    if source == "build" and version.removeprefix("v") not in ("", own):
        raise InputError(
            f"--kubernetes-version {version}: this release builds {own}",
            hint="use --images=pull for another",
        )
    return Request(
        cluster_name=name,
        endpoint=endpoint,
        images=versions.images(source, version),
        dns_domain=options.text("dns_domain"),
        additional_sans=options.split("additional_sans"),
        discovery=options.text("discovery_endpoint") if options.params[_DISCOVERY] else "",
    )


def wanted_types(text: str) -> tuple[str, ...]:
    types = tuple(dict.fromkeys(part for part in text.split(",") if part))
    unknown = [kind for kind in types if kind not in TYPES]
    if unknown or not types:
        raise InputError(f"--output-types: expected some of {', '.join(TYPES)}, got {text!r}")
    return types


def output_path(output: str, kind: str, *, single: bool) -> str:
    """Give where a type goes: `-` and files for one type only, else into a directory."""
    file = kind if kind == "talosconfig" else f"{kind}.yaml"
    if output == STDOUT and not single:
        raise InputError("--output -: expected one of --output-types")
    if single and output and not Path(output).is_dir():
        return output
    return str(Path(output or ".") / file)


def rendered(kind: str, request: "Request", made: "Bundle", options: Options) -> str:
    if kind == "talosconfig":
        return talosconfig(request.cluster_name, made)
    from ichor.config import generate
    from ichor.config.encode import encode

    make = generate.control_plane if kind == "controlplane" else generate.worker
    own = "config_patch_control_plane" if kind == "controlplane" else "config_patch_worker"
    patches = (*options.texts("config_patch"), *options.texts(own))
    return encode(patched(make(request, made), patches, f"{kind}.yaml"))


def patched(made: "Config", patches: tuple[str, ...], file: str) -> "Config":
    """Lay patches over it; also without any it is read back, so that no wrong value gets out."""
    from ichor.config import patch

    read = [one for name, text in patches_of(patches) for one in patch.read(text, file=name)]
    return patch.apply_to(made, read, file=file)


def talosconfig(cluster_name: str, made: "Bundle") -> str:
    """Write the talosconfig of an administrator, valid for a year."""
    from ichor.client.talosconfig import Context, Talosconfig, write
    from ichor.config.bundle import pair_of
    from ichor.config.secret import Secret
    from ichor.pki.issue import issue_pair
    from ichor.pki.leaf import Algorithm, os_client
    from ichor.pki.roles import Role

    ca = pair_of(made.certs.os)
    client = issue_pair(
        ca, Algorithm.ED25519, os_client((Role.ADMIN,)), now=now(), entropy=os.urandom
    )
    context = Context(ca=ca.certificate, crt=client.certificate, key=Secret(client.key))
    return write(Talosconfig(context=cluster_name, contexts={cluster_name: context}))
