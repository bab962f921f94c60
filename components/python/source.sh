# Run in the build root: CPython's tarball in /src, Debian's in /tmp/debian, this folder at
# /tmp/ichor. Leaves the tree in /out with each of Debian's patches but those of patches.skip.
set -eu
tar -C /out --strip-components=1 --no-same-owner -xf /src/*.orig.tar.xz
mkdir /tmp/work
tar -C /tmp/work --no-same-owner -xf /tmp/debian/*.debian.tar.xz debian/patches
cd /tmp/work/debian/patches
sed 's/ *#.*//; /^$/d' series > /tmp/work/series
sed 's/ *#.*//; /^$/d' /tmp/ichor/patches.skip > /tmp/work/skip
# A name that Debian no longer has would hide that a new one is to be looked at.
while read -r name; do
    grep -qxF "$name" /tmp/work/series || { echo "patches.skip: no such patch: $name" >&2; exit 1; }
done < /tmp/work/skip
grep -vxFf /tmp/work/skip /tmp/work/series | while read -r name; do
    patch -d /out -p1 -s -F0 --no-backup-if-mismatch < "$name" || exit 1
done
rm -rf /out/Doc /out/Lib/test /out/Lib/idlelib
