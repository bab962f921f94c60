/*
 * May this image be taken? containerd runs this before each pull (pkg/imageverifier/bindir, 2.4.2):
 *
 *	image-verifier -name NAME -digest DIGEST -stdin-media-type TYPE
 *
 * and takes the image if it ends with 0, else shows what it wrote to stdout. It decides nothing: it hands name and
 * digest to machined, a line each, and hears `+` or `-` and why. Whatever goes wrong is a no.
 *
 * No libc: system calls only, one after the other.
 */
#if !defined(__x86_64__)
#error "system calls are written for x86-64 here"
#endif

enum { READ = 0, WRITE = 1, SOCKET = 41, CONNECT = 42, SHUTDOWN = 48, EXIT = 60 }; /* asm/unistd_64.h */
enum { STDOUT = 1, UNIX = 1, STREAM = 1, CLOEXEC = 02000000, WRITING = 1, ANSWER = 4096 }; /* linux/net.h, un.h */

static const struct { /* struct sockaddr_un */
	unsigned short family;
	char path[108];
} MACHINED = { UNIX, "/system/run/machined/verifier.sock" };

static long call(long number, long a, long b, long c) {
	long result;
	__asm__ volatile("syscall" : "=a"(result) : "a"(number), "D"(a), "S"(b), "d"(c) : "rcx", "r11", "memory");
	return result;
}

static long length(const char *text) {
	long size = 0;
	while (text[size] != 0)
		size++;
	return size;
}

static int same(const char *one, const char *other) {
	for (; *one != 0 && *one == *other; one++)
		other++;
	return *one == *other;
}

/* Say whether all of it went out. */
static int written(long to, const char *text, long size) {
	while (size > 0) {
		long some = call(WRITE, to, (long)text, size);
		if (some <= 0)
			return 0;
		text += some;
		size -= some;
	}
	return 1;
}

__attribute__((noreturn)) static void end(int status, const char *why, long size) {
	written(STDOUT, why, size);
	for (;;)
		call(EXIT, status, 0, 0);
}

#define REFUSE(why) end(1, why, sizeof why - 1)

/* Give what follows a flag. */
static const char *after(const char *flag, char **arguments) {
	for (; *arguments != 0; arguments++)
		if (same(*arguments, flag) && arguments[1] != 0)
			return arguments[1];
	REFUSE("image-verifier was not told what to verify\n");
}

__attribute__((noreturn, used)) void begin(long *stack) {
	static char answer[ANSWER];
	char **arguments = (char **)(stack + 1);
	const char *name = after("-name", arguments), *digest = after("-digest", arguments);
	long size = 0, some;
	long machined = call(SOCKET, UNIX, STREAM | CLOEXEC, 0);
	if (machined < 0 || call(CONNECT, machined, (long)&MACHINED, sizeof MACHINED) < 0)
		REFUSE("machined does not answer\n");
	if (!written(machined, name, length(name)) || !written(machined, "\n", 1) ||
	    !written(machined, digest, length(digest)) || !written(machined, "\n", 1))
		REFUSE("machined does not listen\n");
	call(SHUTDOWN, machined, WRITING, 0);
	while (size < ANSWER && (some = call(READ, machined, (long)(answer + size), ANSWER - size)) > 0)
		size += some;
	if (size < 2 || answer[size - 1] != '\n' || (answer[0] != '+' && answer[0] != '-'))
		REFUSE("machined did not say\n");
	end(answer[0] == '+' ? 0 : 1, answer + 1, size - 1);
}

__asm__(".globl _start\n"
	"_start: mov %rsp, %rdi\n"
	"and $-16, %rsp\n"
	"call begin\n"
	"hlt\n");
