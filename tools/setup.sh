#!/usr/bin/env bash
# Prepare the checkout: Debian packages that are missing, then .venv from the pinned, hashed requirements.
# Can be run again at any time. ICHOR_INSTALL=no names what is missing and refuses instead of installing.
set -euo pipefail
cd "$(dirname "$0")/.."
export PATH=$PATH:/usr/sbin:/sbin # a plain su leaves them out, and dpkg needs them

# command or file that shows the package is there : package
needs=(
  "cmd:gcc:gcc" "cmd:make:make" "cmd:git:git" "cmd:mksquashfs:squashfs-tools" "cmd:nft:nftables"
  "file:/usr/include/stdio.h:libc6-dev" "cmd:ip:iproute2" "cmd:cpio:cpio"
  # a refreshed lock is checked by its signatures
  "cmd:gpgv:gpgv" "file:/usr/share/keyrings/debian-archive-keyring.gpg:debian-archive-keyring"
  "file:/etc/ssl/certs/ca-certificates.crt:ca-certificates"
  # what encrypts volumes is tested on files
  "file:/usr/lib/x86_64-linux-gnu/libcryptsetup.so.12:libcryptsetup12"
)
# only what boots machines needs these: tools/setup.sh vm
if [[ ${1:-} == vm ]]; then
  needs+=("cmd:qemu-system-x86_64:qemu-system-x86" "cmd:qemu-img:qemu-utils" "file:/usr/share/OVMF/OVMF_CODE_4M.fd:ovmf" "cmd:swtpm:swtpm")
fi
missing=()
for need in "${needs[@]}"; do
  IFS=: read -r kind what package <<<"$need"
  if [[ $kind == cmd ]]; then command -v "$what" >/dev/null 2>&1 || missing+=("$package")
  else [[ -e $what ]] || missing+=("$package"); fi
done
python3 -c 'import ensurepip, venv' 2>/dev/null || missing+=(python3-venv)

if ((${#missing[@]})); then
  if [[ ${ICHOR_INSTALL:-yes} == no ]]; then
    echo "setup: missing Debian packages: ${missing[*]}" >&2
    echo "setup: ICHOR_INSTALL=no forbids installing; run: apt-get install ${missing[*]}" >&2
    exit 1
  fi
  if ! command -v apt-get >/dev/null; then
    echo "setup: missing: ${missing[*]}; this is no Debian, install their like by hand" >&2
    exit 1
  fi
  if [[ $(id -u) != 0 ]]; then
    echo "setup: missing Debian packages: ${missing[*]}; run as root: apt-get install ${missing[*]}" >&2
    exit 1
  fi
  echo "setup: installing Debian packages: ${missing[*]}"
  apt-get update -qq
  DEBIAN_FRONTEND=noninteractive apt-get install -qq -y --no-install-recommends "${missing[@]}" >/dev/null
fi

# Of a server for tests only the program is wanted, not the service that its package starts.
unpacked() {
  local package=$1 file=.venv/debian/$2 folder
  [[ -e $file ]] && return
  if [[ ${ICHOR_INSTALL:-yes} == no ]] || ! command -v apt-get >/dev/null; then
    echo "setup: $package is missing: tests that talk to it fail" >&2
    return
  fi
  folder=$(mktemp -d)
  (cd "$folder" && apt-get -o APT::Sandbox::User=root download -qq "$package" && dpkg-deb -x "$package"_*.deb out)
  mkdir -p .venv/debian
  cp -a "$folder/out/." .venv/debian/
  rm -r "$folder"
}

want=$(cat requirements/dev.txt pyproject.toml <(python3 -V) | sha256sum)
if [[ ! -f .venv/ready || $(cat .venv/ready) != "$want" ]]; then
  echo "setup: .venv from requirements/dev.txt ($(grep -c '==' requirements/dev.txt) packages)"
  [[ -x .venv/bin/python ]] || python3 -m venv .venv
  .venv/bin/python -m pip install -q --disable-pip-version-check --require-hashes --only-binary :all: -r requirements/dev.txt
  printf '#!%s\nimport sys\nfrom pathlib import Path\nsys.path.insert(0, str(Path(__file__).resolve().parents[2] / "src"))\nfrom ichor.cli.main import main\nsys.exit(main())\n' "$PWD/.venv/bin/python" > .venv/bin/ichor
  chmod +x .venv/bin/ichor
  echo "$want" > .venv/ready
fi
touch .venv/ready
if [[ ${1:-} == vm ]]; then
  lib=usr/lib/$(gcc -print-multiarch)
  unpacked chrony usr/sbin/chronyd
  unpacked dnsmasq-base usr/sbin/dnsmasq
  unpacked libnetfilter-conntrack3 "$lib/libnetfilter_conntrack.so.3"
  unpacked libnfnetlink0 "$lib/libnfnetlink.so.0"
fi
