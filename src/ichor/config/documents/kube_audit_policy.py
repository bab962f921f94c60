"""The API server's audit policy, as its own format has it."""

from typing import Annotated, ClassVar

from ichor.config.document import Document
from ichor.config.field import REPLACE
from ichor.config.secret import Object


class KubeAuditPolicyConfig(Document, frozen=True, kw_only=True):
    KIND: ClassVar[str] = "KubeAuditPolicyConfig"
    OF_CONTROL_PLANES: ClassVar[bool] = True

    configuration: Annotated[Object, REPLACE]
