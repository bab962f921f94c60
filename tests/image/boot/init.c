/* PID 1 of one boot: does what /script says, a line each, prints what came of it, powers off.
 *
 *   mount TYPE PATH      write PATH TEXT      read PATH      has PATH
 *
 * Answers are lines on the console: `TAG line`, TAG being the word and the path.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/reboot.h>
#include <sys/stat.h>
#include <unistd.h>

static void show(const char *word, const char *path, const char *text)
{
	printf("=%s %s %s\n", word, path, text);
}

static void do_read(const char *path)
{
	char line[4096];
	FILE *file = fopen(path, "r");

	if (!file) {
		show("error", path, strerror(errno));
		return;
	}
	while (fgets(line, sizeof(line), file)) {
		line[strcspn(line, "\n")] = 0;
		show("read", path, line);
	}
	fclose(file);
}

static void do_write(const char *path, const char *text)
{
	int fd = open(path, O_WRONLY);

	if (fd < 0 || write(fd, text, strlen(text)) < 0)
		show("error", path, strerror(errno));
	if (fd >= 0)
		close(fd);
}

static void do_line(char *line)
{
	char *word = strtok(line, " "), *path = strtok(NULL, " "), *rest = strtok(NULL, "");

	if (!strcmp(word, "mount")) {
		mkdir(rest, 0755);
		if (mount(path, rest, path, 0, NULL))
			show("error", rest, strerror(errno));
	} else if (!strcmp(word, "write")) {
		do_write(path, rest);
	} else if (!strcmp(word, "read")) {
		do_read(path);
	} else if (!strcmp(word, "has")) {
		show("has", path, access(path, F_OK) ? "no" : "yes");
	}
}

int main(void)
{
	char line[4096];
	FILE *script = fopen("/script", "r");

	mkdir("/dev", 0755);
	mount("devtmpfs", "/dev", "devtmpfs", 0, NULL);
	freopen("/dev/console", "w", stdout);
	setvbuf(stdout, NULL, _IOLBF, 0);
	while (script && fgets(line, sizeof(line), script)) {
		line[strcspn(line, "\n")] = 0;
		do_line(line);
	}
	show("end", "/script", "");
	sync();
	reboot(RB_POWER_OFF);
	return 1;
}
