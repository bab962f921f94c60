"""Configuration of one admission plugin of the API server; the name of the document is its."""

from typing import ClassVar

from ichor.config.document import Named
from ichor.config.secret import Object


class KubeAdmissionControlConfig(Named, frozen=True, kw_only=True):
    KIND: ClassVar[str] = "KubeAdmissionControlConfig"
    OF_CONTROL_PLANES: ClassVar[bool] = True

    configuration: Object
