"""Fakes of ports with faults, builders of specs, the engine harness. For tests only."""
