"""Requests and limits of a control plane container, as Kubernetes writes them (`200m`, `1Gi`)."""

import re
from collections.abc import Mapping
from typing import Annotated

from ichor.config.document import Part
from ichor.config.field import Check

_QUANTITY = re.compile(r"\+?\d+(\.\d*)?([numkMGTPE]|[KMGTPE]i|[eE][-+]?\d+)?", re.ASCII)
QUANTITY = Check("a quantity such as 200m or 1Gi", lambda text: bool(_QUANTITY.fullmatch(text)))


class Resources(Part, frozen=True, kw_only=True):
    requests: Mapping[str, Annotated[str, QUANTITY]] = {}
    limits: Mapping[str, Annotated[str, QUANTITY]] = {}
