# Run in the build root: /src is CPython's source with Debian's fixes. Leaves in /out:
#     libpython3.13.a, pyconfig.h    what our own program embeds
#     python                         an interpreter like any other: it compiles, it runs tests
set -eu
cd /out
hardened="-fPIE -fcf-protection=full -fstack-protector-strong -fstack-clash-protection -D_FORTIFY_SOURCE=3"
# All modules are linked in. No profile-guided optimization: it would take twenty minutes.
export MODULE_BUILDTYPE=static CC="ccache gcc-14" OPT="-DNDEBUG -O2"
export CFLAGS="$hardened -ffunction-sections -fdata-sections -Wno-deprecated-declarations"
export LDFLAGS="-pie -Wl,-z,relro,-z,now,-z,noexecstack,--gc-sections"
# configure asks nice(2) itself, and a build with the lowest priority would take it for broken.
export ac_cv_broken_nice=no
# What no process of a node imports, and no test on this interpreter needs.
for name in _codecs_cn _codecs_hk _codecs_iso2022 _codecs_jp _codecs_kr _codecs_tw _curses \
    _curses_panel _dbm _gdbm _interpchannels _interpqueues _interpreters _lsprof _multibytecodec \
    _tkinter nis readline; do
    export "py_cv_module_$name=n/a"
done
/src/configure -q --prefix=/usr --build=x86_64-linux-gnu --disable-test-modules --disable-shared \
    --without-doc-strings --without-mimalloc --without-ensurepip --without-readline \
    --with-system-expat > configure.log 2>&1
# Nothing makes code at run time: no trampolines for a profiler.
sed -i '/^#define PY_HAVE_PERF_TRAMPOLINE/d' pyconfig.h
make -s "-j$1" PERF_TRAMPOLINE_OBJ= libpython3.13.a python
make -s PERF_TRAMPOLINE_OBJ= pybuilddir.txt
cp "$(cat pybuilddir.txt)"/_sysconfigdata_*.py .
make -s --eval='show: ; @echo $(MODLIBS) $(LIBS) $(SYSLIBS)' show > libraries
