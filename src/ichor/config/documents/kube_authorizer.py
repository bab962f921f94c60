"""One authorizer of the API server; they are asked in order of name."""

from collections.abc import Iterator
from typing import ClassVar, Literal

from ichor.config.document import Fault, Named
from ichor.config.secret import Object


class KubeAuthorizerConfig(Named, frozen=True, kw_only=True):
    KIND: ClassVar[str] = "KubeAuthorizerConfig"
    OF_CONTROL_PLANES: ClassVar[bool] = True

    type: Literal["Node", "RBAC", "Webhook"]
    webhook: Object | None = None

    def faults(self) -> Iterator[Fault]:
        if (self.type == "Webhook") != (self.webhook is not None):
            yield Fault("type", "expected webhook with type Webhook, and only then")
