# The one entry. `make help` lists what there is; every target works from a fresh clone.
SHELL := /bin/bash
.SHELLFLAGS := -eu -o pipefail -c
.DEFAULT_GOAL := help
PY := .venv/bin/python
export PYTHONPATH := src
# Where a plain `su` leaves it out, dpkg and nft are not found.
export PATH := $(PATH):/usr/sbin:/sbin
ARGS ?=

.PHONY: help setup build fmt lint layers type unit branches check test gen lock cluster destroy reproduce bench bench-image vm machines power-cuts chain

help: ## this list
	@grep -hE '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/^([a-z-]+):.*## /\1\t/' | sort | awk -F'\t' '{printf "%-12s%s\n", $$1, $$2}'

setup: .venv/ready ## Debian packages, .venv from the pinned requirements

.venv/ready: tools/setup.sh requirements/dev.txt
	@tools/setup.sh

fmt: setup ## format and repair what can be repaired
	@.venv/bin/ruff format -q . && .venv/bin/ruff check -q --fix . ; .venv/bin/ruff check .

lint: setup ## format and lint, changing nothing
	@.venv/bin/ruff format --check -q . && .venv/bin/ruff check -q . && .venv/bin/typos -q

layers: setup ## who may import whom
	@.venv/bin/lint-imports --no-cache | tail -8

type: setup ## mypy and basedpyright
	@.venv/bin/mypy --no-error-summary src tests $(wildcard tools/*.py) $(wildcard bench/*.py) && .venv/bin/basedpyright --level error | tail -30

unit: setup ## pure tests: no root, no network, no sleep
	@$(PY) -m pytest -q -n 2 -m "not root and not cluster and not interop and not vm" tests

branches: setup ## of controllers, executed where they may touch nothing: at least nine in ten
	@$(PY) tools/branches.py

gen: setup ## generated code and pages
	@$(PY) tools/protoc.py
	@$(PY) tools/versions.py
	@$(PY) tools/config_reference.py

build: setup ## components, images and the root, into ~/.cache/ichor
	@.venv/bin/ichor build

lock: setup ## new pins for Python, Go and Debian
	@tools/lock.sh

check: lint layers type unit ## the fast gate of every commit

test: setup ## what CI runs: check, and the tests that need root, peers and nodes
	@tools/setup.sh vm
	@$(PY) tools/gate.py test

cluster: setup ## one control plane and one worker on this host, healthy
	@.venv/bin/ichor cluster create $(ARGS)

destroy: setup ## remove what `make cluster` made
	@.venv/bin/ichor cluster destroy $(ARGS)

reproduce: setup ## build all but the kernel a second time, elsewhere: equal to the last byte
	@$(PY) tools/reproduce.py $(ARGS)

bench: setup ## memory, bytes and seconds of a node and of a cluster; JSON in build/bench
	@$(PY) bench/cluster.py

bench-image: setup ## bytes of images by part, counts of the kernel's hardening; JSON in build/bench
	@ICHOR_KERNEL=$${ICHOR_KERNEL:-test} $(PY) bench/image.py
	@$(PY) bench/kernel.py

vm: setup ## boot our disk in QEMU until its API answers: seconds by stage, memory
	@tools/setup.sh vm
	@ICHOR_KERNEL=$${ICHOR_KERNEL:-test} $(PY) bench/vm.py $(ARGS)

power-cuts: setup ## cut at every write of an upgrade, and five times for good: it always starts
	@tools/setup.sh vm
	@ICHOR_KERNEL=$${ICHOR_KERNEL:-test} $(PY) -m pytest --no-header -v -s tests/vm/power_cuts.py tests/vm/kills.py

chain: setup ## flip a byte of each part that a start relies on: refused, or the other slot
	@tools/setup.sh vm
	@ICHOR_KERNEL=$${ICHOR_KERNEL:-test} $(PY) -m pytest --no-header -q -s tests/vm/chain.py

machines: setup ## a control plane and a worker in QEMU: tests of Kubernetes, upgrade, reset
	@tools/setup.sh vm
	@ICHOR_KERNEL=$${ICHOR_KERNEL:-test} ICHOR_PROVISIONER=qemu $(PY) -m pytest --no-header -v -s tests/cluster/test_kubernetes.py tests/cluster/on_machines.py
