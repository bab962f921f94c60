/* The node's one program: CPython, embedded, that runs the image's own code and nothing else.
 *
 *   PID 1                                    ichor.apps.machined.main
 *   with a socket of PID 1's as descriptor 3  ichor.apps.zygote.main
 *   anybody else                             a line on stderr, status 2, before Python is there
 *
 * No argument is read, nor what argv[0] says. Of the environment only KEPT stays. Modules come from
 * the two folders of PATHS, as byte code or as libraries, and from this file. What an audit hook
 * refuses (PEP 578) it says on stderr; it detects, for it lives in the process that it watches. What
 * holds is outside: a verified root, file systems without exec, seccomp.
 */

#define PY_SSIZE_T_CLEAN
#include <Python.h>

#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#define LIBRARY "/usr/lib/python3.13"
#define OURS "/usr/lib/ichor"
#define PROGRAM "/usr/bin/init"

enum { CHANNEL = 3, REFUSED = 2, FAILED = 1, KEPT_AT_MOST = 64 };

extern char **environ;

/* Names, or their beginnings where they end in an underscore. */
static const char *const KEPT[] = {"ICHOR_", "PATH", "PLATFORM", "TERM", "container"};

static const wchar_t *const PATHS[] = {L"" LIBRARY, L"" OURS};

/* Folders whose files may be imported and loaded. */
static const char *const ROOTS[] = {LIBRARY "/", OURS "/"};

/* The library's own that make code: named tuples, data classes, annotations, types.coroutine. */
static const char *const MAKERS[] = {
    LIBRARY "/collections/__init__.py",
    LIBRARY "/dataclasses.py",
    LIBRARY "/types.py",
    LIBRARY "/typing.py",
};

static bool
begins(const char *text, const char *head)
{
    return strncmp(text, head, strlen(head)) == 0;
}

static bool
is_kept(const char *setting)
{
    for (size_t i = 0; i < sizeof KEPT / sizeof *KEPT; i++) {
        const char *rest = setting + strlen(KEPT[i]);
        if (begins(setting, KEPT[i]) && (*rest == '=' || rest[-1] == '_'))
            return true;
    }
    return false;
}

/* Leave what is kept, as copies: what lies behind argv is then free for a longer command line. */
static void
keep_environment(char **argv)
{
    char *kept[KEPT_AT_MOST];
    size_t count = 0;
    bool led = false;
    for (char **each = environ; *each != NULL; each++) {
        led = led || begins(*each, "LD_");
        if (count < KEPT_AT_MOST && is_kept(*each) && (kept[count] = strdup(*each)) != NULL)
            count++;
    }
    clearenv();
    while (count > 0)
        putenv(kept[--count]);
    if (led) /* the dynamic linker remembers where it was told to look: it begins anew */
        execve(PROGRAM, argv, environ != NULL ? environ : (char *[]){NULL});
}

/* ---- the audit hook ------------------------------------------------------------------------- */

static int
refuse(const char *event, const char *what)
{
    fprintf(stderr, "ichor: refused: %s of %s\n", event, what);
    PyErr_Format(PyExc_PermissionError, "sealed: %s of %s", event, what);
    return -1;
}

static bool
is_ours(const char *path)
{
    if (strstr(path, "/../") != NULL)
        return false;
    for (size_t i = 0; i < sizeof ROOTS / sizeof *ROOTS; i++)
        if (begins(path, ROOTS[i]))
            return true;
    return false;
}

/* Give the text of argument `index`, or `absent` if it is None, or NULL if it is no text. */
static const char *
text_at(PyObject *args, Py_ssize_t index, const char *absent)
{
    PyObject *item = index < PyTuple_GET_SIZE(args) ? PyTuple_GET_ITEM(args, index) : Py_None;
    if (item == Py_None)
        return absent;
    const char *text = PyUnicode_Check(item) ? PyUnicode_AsUTF8(item) : NULL;
    PyErr_Clear();
    return text;
}

/* Say whether the Python that runs now is of one of these files. */
static bool
runs_maker(void)
{
    PyFrameObject *frame = PyThreadState_GetFrame(PyThreadState_Get());
    if (frame == NULL)
        return false;
    PyCodeObject *code = PyFrame_GetCode(frame);
    const char *file = PyUnicode_AsUTF8(code->co_filename);
    bool found = false;
    for (size_t i = 0; file != NULL && i < sizeof MAKERS / sizeof *MAKERS; i++)
        found = found || strcmp(file, MAKERS[i]) == 0;
    PyErr_Clear();
    Py_DECREF(code);
    Py_DECREF(frame);
    return found;
}

static int
hears_import(const char *event, PyObject *args)
{
    const char *path = text_at(args, 1, OURS "/"); /* None: a search, whose find is heard again */
    return path != NULL && is_ours(path) ? 0 : refuse(event, path != NULL ? path : "?");
}

static int
hears_compile(const char *event, PyObject *args)
{
    const char *name = text_at(args, 1, "?");
    return runs_maker() ? 0 : refuse(event, name != NULL ? name : "?");
}

static int
hears_exec(const char *event, PyObject *args)
{
    PyObject *code = PyTuple_GET_SIZE(args) == 1 ? PyTuple_GET_ITEM(args, 0) : NULL;
    if (code == NULL || !PyCode_Check(code))
        return refuse(event, "text");
    const char *file = PyUnicode_AsUTF8(((PyCodeObject *)code)->co_filename);
    PyErr_Clear();
    if (file != NULL && (is_ours(file) || begins(file, "<frozen ") || runs_maker()))
        return 0;
    return refuse(event, file != NULL ? file : "?");
}

static int
hears_library(const char *event, PyObject *args)
{
    const char *path = text_at(args, 0, OURS "/"); /* None: this program itself */
    if (path != NULL && strchr(path, '/') == NULL)
        return 0; /* by its name: the linker looks in the root's folders, see keep_environment */
    return path != NULL && is_ours(path) ? 0 : refuse(event, path != NULL ? path : "?");
}

/* Open a file that code is to be read from: importlib asks for each by this. */
static PyObject *
open_code(PyObject *path, void *unused)
{
    (void)unused;
    const char *text = PyUnicode_AsUTF8(path);
    if (text == NULL || !is_ours(text)) {
        refuse("open_code", text != NULL ? text : "?");
        return NULL;
    }
    PyObject *io = PyImport_ImportModule("_io");
    PyObject *file = io != NULL ? PyObject_CallMethod(io, "open", "Os", path, "rb") : NULL;
    Py_XDECREF(io);
    return file;
}

static int
hear(const char *event, PyObject *args, void *unused)
{
    (void)unused;
    if (strcmp(event, "import") == 0)
        return hears_import(event, args);
    if (strcmp(event, "exec") == 0)
        return hears_exec(event, args);
    if (strcmp(event, "compile") == 0)
        return hears_compile(event, args);
    if (strcmp(event, "ctypes.dlopen") == 0)
        return hears_library(event, args);
    if (strcmp(event, "code.__new__") == 0)
        return runs_maker() ? 0 : refuse(event, "text");
    if (begins(event, "cpython.run_"))
        return refuse(event, "text");
    return 0;
}

/* ---- memory shared by fork ------------------------------------------------------------------ */

/* Make an object immortal (PEP 683), and with it what the collector does not know of: the parts of
 * code, and of containers that it let go of. */
static int
settle(PyObject *object, void *unused)
{
    if (_Py_IsImmortal(object))
        return 0;
    object->ob_refcnt = _Py_IMMORTAL_REFCNT;
    if (PyCode_Check(object)) {
        const PyCodeObject *code = (PyCodeObject *)object;
        PyObject *const parts[] = {
            code->co_consts,   code->co_names, code->co_localsplusnames, code->co_localspluskinds,
            code->co_filename, code->co_name,  code->co_qualname,        code->co_linetable,
            code->co_exceptiontable,
        };
        for (size_t i = 0; i < sizeof parts / sizeof *parts; i++)
            settle(parts[i], unused);
    } else if (PyObject_IS_GC(object) && !PyObject_GC_IsTracked(object)) {
        Py_TYPE(object)->tp_traverse(object, settle, unused);
    }
    return 0;
}

static int
settle_tracked(PyObject *object, void *unused)
{
    settle(object, unused);
    Py_TYPE(object)->tp_traverse(object, settle, unused);
    return 1; /* go on */
}

/* Make all that is there immortal: nobody writes to it any more to count its users, so processes
 * forked from now on go on sharing its pages. */
static PyObject *
make_immortal(PyObject *module, PyObject *unused)
{
    (void)module;
    (void)unused;
    PyUnstable_GC_VisitObjects(settle_tracked, NULL);
    Py_RETURN_NONE;
}

static PyObject *
make_module(void)
{
    static PyMethodDef methods[] = {
        {"make_immortal", make_immortal, METH_NOARGS, NULL},
        {NULL, NULL, 0, NULL},
    };
    static PyModuleDef module = {
        PyModuleDef_HEAD_INIT, .m_name = "_ichor", .m_size = -1, .m_methods = methods};
    return PyModule_Create(&module);
}

/* ---- Python --------------------------------------------------------------------------------- */

static void
fail(const char *what)
{
    fprintf(stderr, "init: %s\n", what);
    if (PyErr_Occurred())
        PyErr_Print();
    _exit(FAILED);
}

static void
must(PyStatus status)
{
    if (PyStatus_Exception(status))
        fail(status.err_msg != NULL ? status.err_msg : "Python does not start");
}

static void
start(void)
{
    PyPreConfig before;
    PyPreConfig_InitIsolatedConfig(&before);
    before.utf8_mode = 1;
    must(Py_PreInitialize(&before));
    if (PySys_AddAuditHook(hear, NULL) != 0 || PyFile_SetOpenCodeHook(open_code, NULL) != 0)
        fail("no audit hook");
    if (PyImport_AppendInittab("_ichor", make_module) != 0)
        fail("no module of ours");

    PyConfig config; /* isolated: no environment, no arguments, no site of a user */
    PyConfig_InitIsolatedConfig(&config);
    config.site_import = 0;
    config.pathconfig_warnings = 0;
    config.write_bytecode = 0;
    config.optimization_level = 2;
    config.install_signal_handlers = 1; /* SIGPIPE ignored, as everywhere in Python */
    const wchar_t *folder = L"/usr";
    must(PyConfig_SetString(&config, &config.home, folder)); /* else pyvenv.cfg would be sought */
    must(PyConfig_SetString(&config, &config.prefix, folder));
    must(PyConfig_SetString(&config, &config.base_prefix, folder));
    must(PyConfig_SetString(&config, &config.exec_prefix, folder));
    must(PyConfig_SetString(&config, &config.base_exec_prefix, folder));
    must(PyConfig_SetString(&config, &config.program_name, L"init"));
    must(PyConfig_SetString(&config, &config.executable, L"" PROGRAM));
    must(PyConfig_SetString(&config, &config.base_executable, L"" PROGRAM));
    must(PyConfig_SetString(&config, &config.stdlib_dir, PATHS[0]));
    config.module_search_paths_set = 1;
    for (size_t i = 0; i < sizeof PATHS / sizeof *PATHS; i++)
        must(PyWideStringList_Append(&config.module_search_paths, PATHS[i]));
    must(Py_InitializeFromConfig(&config));
    PyConfig_Clear(&config);
}

/* Have folders give libraries and byte code only: no sources, no archives. */
static void
narrow(void)
{
    PyObject *external = PyImport_ImportModule("_frozen_importlib_external");
    PyObject *imp = PyImport_ImportModule("_imp");
    if (external == NULL || imp == NULL)
        fail("no importlib");
    PyObject *finder = PyObject_GetAttrString(external, "FileFinder");
    PyObject *library = PyObject_GetAttrString(external, "ExtensionFileLoader");
    PyObject *bytecode = PyObject_GetAttrString(external, "SourcelessFileLoader");
    PyObject *suffixes = PyObject_CallMethod(imp, "extension_suffixes", NULL);
    if (finder == NULL || library == NULL || bytecode == NULL || suffixes == NULL)
        fail("no loaders");
    PyObject *hook = PyObject_CallMethod(
        finder, "path_hook", "(OO)(O[s])", library, suffixes, bytecode, ".pyc");
    PyObject *hooks = hook != NULL ? Py_BuildValue("[O]", hook) : NULL;
    PyObject *cache = PySys_GetObject("path_importer_cache");
    if (hooks == NULL || cache == NULL || PySys_SetObject("path_hooks", hooks) != 0)
        fail("no path hook");
    PyDict_Clear(cache);
    Py_DECREF(hooks);
    Py_DECREF(hook);
    Py_DECREF(suffixes);
    Py_DECREF(bytecode);
    Py_DECREF(library);
    Py_DECREF(finder);
    Py_DECREF(imp);
    Py_DECREF(external);
}

static int
run(const char *name)
{
    PyObject *module = PyImport_ImportModule(name);
    PyObject *result = module != NULL ? PyObject_CallMethod(module, "main", NULL) : NULL;
    if (result == NULL)
        PyErr_Print(); /* SystemExit ends the process here */
    fflush(NULL);
    return FAILED; /* neither returns */
}

/* ---- who asks ------------------------------------------------------------------------------- */

static bool
is_from_init(int channel)
{
    struct ucred peer;
    socklen_t size = sizeof peer;
    return getsockopt(channel, SOL_SOCKET, SO_PEERCRED, &peer, &size) == 0 && peer.pid == 1;
}

static int
choose(char **argv)
{
    const char *program = NULL;
    if (getpid() == 1)
        program = "ichor.apps.machined.main";
    else if (is_from_init(CHANNEL))
        program = "ichor.apps.zygote.main";
    else {
        fputs("init: there is nothing to run here: the kernel starts PID 1, and PID 1 the rest\n",
              stderr);
        return REFUSED;
    }
    keep_environment(argv);
    start();
    narrow();
    return run(program);
}

/* ---- the first instructions ----------------------------------------------------------------- */

/* Debian's are compiled without landing pads (CET); this is all that they do. At entry rsp points to
 * argc, argv, and rdx is what the dynamic linker wants called at the end (x86-64 psABI, 3.4.1). */
__asm__(".globl _start\n"
        "_start: endbr64\n"
        "xor %ebp, %ebp\n"
        "mov %rsp, %rdi\n"
        "mov %rdx, %rsi\n"
        "and $-16, %rsp\n"
        "call begin\n"
        "hlt\n");

extern int __libc_start_main(int (*program)(int, char **, char **), int argc, char **argv,
                             void (*first)(void), void (*last)(void), void (*finish)(void),
                             void *stack);

__attribute__((visibility("hidden"))) void *__dso_handle = &__dso_handle; /* atexit(3) asks for it */

static int
entry(int argc, char **argv, char **environment)
{
    (void)argc;
    (void)environment;
    return choose(argv);
}

__attribute__((used, noreturn)) void
begin(long *stack, void (*finish)(void))
{
    __libc_start_main(entry, (int)*stack, (char **)(stack + 1), NULL, NULL, finish, stack);
    _exit(FAILED);
}
