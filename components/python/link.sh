# Run in the build root: our program's source in /src, what build.sh left in /tmp/build, CPython's
# source in /tmp/source. Leaves /out/init.
set -eu
cd /tmp/build
hardened="-fPIE -fcf-protection=full -fstack-protector-strong -fstack-clash-protection -D_FORTIFY_SOURCE=3"
# Wheels find in it what of Python they need by name. The C library's own start and its few static
# functions, which are called directly, have no CET notes: ours are what says what the program has.
gcc-14 -O2 -Wall -Wextra -Werror $hardened -I. -I/tmp/source/Include -I/tmp/source/Include/internal \
    /src/init.c -o /out/init -s -pie -nostartfiles \
    -Wl,--export-dynamic,--as-needed,--gc-sections,--build-id=none \
    -Wl,-z,relro,-z,now,-z,noexecstack,-z,ibt,-z,shstk \
    libpython3.13.a $(cat libraries)
