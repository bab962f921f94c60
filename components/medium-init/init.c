/*
 * The first program of boot media. The archive that the kernel unpacked holds the node's root as a file: this makes
 * it the root, read-only, and becomes the node's own first program. Who cannot ends, and the kernel panics.
 *
 *	/root.img   squashfs, and behind it the tree of its hashes, as in a slot of a disk
 *	/boot       what else is written to a disk; seen there by the node, too
 *	/root /dev  directories
 *
 * No libc: system calls only, one after the other.
 */
#if !defined(__x86_64__)
#error "system calls are written for x86-64 here"
#endif

enum { WRITE = 1, OPEN = 2, IOCTL = 16, EXECVE = 59, EXIT = 60, CHDIR = 80, CHROOT = 161, MOUNT = 165 }; /* asm/unistd_64.h */
enum { O_RDONLY = 0, O_RDWR = 2, O_CLOEXEC = 02000000 };					/* asm-generic/fcntl.h */
enum { MS_RDONLY = 1, MS_NOSUID = 2, MS_NODEV = 4, MS_NOEXEC = 8, MS_REMOUNT = 32, MS_BIND = 4096, MS_MOVE = 8192 };
enum { LOOP_CTL_ADD = 0x4C80, LOOP_CONFIGURE = 0x4C0A, LO_FLAGS_READ_ONLY = 1, EEXIST = 17 };	/* linux/loop.h */

struct config { /* struct loop_config: its fd, block_size, loop_info64, reserved */
	unsigned int fd, block_size;
	unsigned long info[5];
	unsigned int number, encrypt_type, encrypt_key_size, flags;
	unsigned char rest[64 + 64 + 32 + 16 + 64]; /* names, key, and what is reserved */
};

_Static_assert(sizeof(struct config) == 304, "as LOOP_CONFIGURE has it");

static long call(long number, long a, long b, long c, long d, long e) {
	register long fourth __asm__("r10") = d;
	register long fifth __asm__("r8") = e;
	long result;
	__asm__ volatile("syscall"
			 : "=a"(result)
			 : "a"(number), "D"(a), "S"(b), "d"(c), "r"(fourth), "r"(fifth)
			 : "rcx", "r11", "memory");
	return result;
}

static long need(long result, const char *what, long size) {
	if (result < 0) {
		static const char head[] = "init of the medium: cannot ", tail[] = "\n";
		call(WRITE, 2, (long)head, sizeof head - 1, 0, 0);
		call(WRITE, 2, (long)what, size, 0, 0);
		call(WRITE, 2, (long)tail, sizeof tail - 1, 0, 0);
		call(EXIT, 1, 0, 0, 0, 0);
	}
	return result;
}

#define NEED(result, what) need(result, what, sizeof what - 1)
#define TEXT(text) ((long)(text))

static void mount(const char *source, const char *target, const char *type, long flags, const char *what, long size) {
	need(call(MOUNT, TEXT(source), TEXT(target), TEXT(type), flags, 0), what, size);
}

#define MOUNT_AT(source, target, type, flags, what) mount(source, target, type, flags, what, sizeof what - 1)

__attribute__((noreturn, used)) void _start(void) {
	static struct config config;
	static const char *const arguments[] = {"/sbin/init", 0};
	static const char *const environment[] = {0};

	MOUNT_AT("dev", "/dev", "devtmpfs", MS_NOSUID | MS_NOEXEC, "mount devtmpfs");
	long control = NEED(call(OPEN, TEXT("/dev/loop-control"), O_RDWR | O_CLOEXEC, 0, 0, 0), "open loop-control");
	long added = call(IOCTL, control, LOOP_CTL_ADD, 0, 0, 0);
	NEED(added == -EEXIST ? 0 : added, "add a loop device");
	config.fd = NEED(call(OPEN, TEXT("/root.img"), O_RDONLY | O_CLOEXEC, 0, 0, 0), "open /root.img");
	config.flags = LO_FLAGS_READ_ONLY;
	long loop = NEED(call(OPEN, TEXT("/dev/loop0"), O_RDONLY | O_CLOEXEC, 0, 0, 0), "open loop0");
	NEED(call(IOCTL, loop, LOOP_CONFIGURE, (long)&config, 0, 0), "bind /root.img to loop0");
	MOUNT_AT("/dev/loop0", "/root", "squashfs", MS_RDONLY, "mount the root");
	MOUNT_AT("/boot", "/root/boot", 0, MS_BIND, "bind /boot");
	MOUNT_AT(0, "/root/boot", 0, MS_REMOUNT | MS_BIND | MS_RDONLY | MS_NOSUID | MS_NODEV | MS_NOEXEC, "protect /boot");
	MOUNT_AT("/dev", "/root/dev", 0, MS_MOVE, "move /dev");
	NEED(call(CHDIR, TEXT("/root"), 0, 0, 0, 0), "enter the root");
	MOUNT_AT(".", "/", 0, MS_MOVE, "move the root");
	NEED(call(CHROOT, TEXT("."), 0, 0, 0, 0), "change the root");
	NEED(call(EXECVE, TEXT(arguments[0]), TEXT(arguments), TEXT(environment), 0, 0), "execute /sbin/init");
	call(EXIT, 1, 0, 0, 0, 0);
	__builtin_unreachable();
}
