"""Operations are the engine's own resources; here they get their place among the others."""

from ichor.cosi.operation import Operation, OperationStatus

__all__ = ["Operation", "OperationStatus"]
