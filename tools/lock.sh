#!/usr/bin/env bash
# Resolve requirements/*.in anew into pinned, hashed requirements/*.txt that name no index,
# and components/debian.in into debian.lock, from the mirror that apt or DEBIAN_MIRROR names.
set -euo pipefail
cd "$(dirname "$0")/../requirements"
for name in run dev image go; do
  ../.venv/bin/pip-compile -q --upgrade --generate-hashes --allow-unsafe --no-emit-index-url \
    --no-emit-trusted-host --no-emit-find-links --strip-extras --no-header -o "$name.txt" "$name.in"
done
cd .. && PYTHONPATH=src .venv/bin/python tools/debian_lock.py
