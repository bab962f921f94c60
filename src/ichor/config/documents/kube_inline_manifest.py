"""A manifest that is applied once when the cluster is made; YAML, possibly with secrets."""

from collections.abc import Iterator, Sequence
from typing import Annotated, ClassVar

from ichor.config.document import Fault, Named
from ichor.config.field import FILLED
from ichor.config.secret import Secret
from ichor.formats.yaml.problem import Problems
from ichor.formats.yaml.values import Value, load


class KubeInlineManifestConfig(Named, frozen=True, kw_only=True):
    KIND: ClassVar[str] = "KubeInlineManifestConfig"
    OF_CONTROL_PLANES: ClassVar[bool] = True

    manifest: Annotated[Secret, FILLED]

    @property
    def objects(self) -> Sequence[Value]:
        """Give what it holds, without the empty documents that templates leave."""
        return [one for one in load(self.manifest.reveal()) if one is not None]

    def faults(self) -> Iterator[Fault]:
        try:
            objects = self.objects
        except Problems as err:  # which may quote a secret
            lines = ", ".join(str(problem.line) for problem in err.problems)
            yield Fault("manifest", f"expected YAML; its line {lines} is none")
            return
        if not objects or not all(isinstance(one, dict) and one.get("kind") for one in objects):
            yield Fault("manifest", "expected objects of Kubernetes, each with its kind")
