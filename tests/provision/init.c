/* A pid 1 for tests: reaps, powers off on SIGTERM, does what it is told on TCP ports 50000/6443.
 * One line a connection: echo TEXT, reboot, poweroff, exit N, ping ADDRESS, boots, read PATH,
 * write PATH, fork, env, drain (counts what follows), pour N (sends N bytes). */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/reboot.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

static void power_off(int n) { (void)n; reboot(RB_POWER_OFF); _exit(1); }
static void reap(int n) { (void)n; int e = errno; while (waitpid(-1, NULL, WNOHANG) > 0); errno = e; }

static int listener(int port) {
  int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0), one = 1;
  struct sockaddr_in a = {.sin_family = AF_INET, .sin_port = htons(port)};
  setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &one, sizeof one);
  if (bind(fd, (void *)&a, sizeof a) || listen(fd, 16)) { perror("listen"); exit(2); }
  return fd;
}

static void reach(const char *address, FILE *out) {
  int fd = socket(AF_INET, SOCK_STREAM, 0);
  struct sockaddr_in a = {.sin_family = AF_INET, .sin_port = htons(50000)};
  inet_pton(AF_INET, address, &a.sin_addr);
  struct timeval t = {5, 0};
  setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &t, sizeof t);
  fprintf(out, "%s\n", connect(fd, (void *)&a, sizeof a) ? strerror(errno) : "reached");
  close(fd);
}

static void show(const char *path, FILE *out) {
  FILE *f = fopen(path, "r");
  char buf[65536];
  if (!f) { fprintf(out, "%s\n", strerror(errno)); return; }
  size_t n = fread(buf, 1, sizeof buf, f);
  if (ferror(f)) fprintf(out, "%s\n", strerror(errno));
  fwrite(buf, 1, n, out);
  fclose(f);
}

static void put(const char *path, FILE *out) {
  FILE *f = fopen(path, "a");
  if (!f || fputs("x\n", f) < 0 || fclose(f)) fprintf(out, "%s\n", strerror(errno));
  else fprintf(out, "written\n");
}

static void obey(char *line, FILE *out) {
  char *arg = strchr(line, ' ');
  if (arg) *arg++ = 0;
  if (!strcmp(line, "echo")) fprintf(out, "%s\n", arg ? arg : "");
  else if (!strcmp(line, "reboot")) reboot(RB_AUTOBOOT);
  else if (!strcmp(line, "poweroff")) reboot(RB_POWER_OFF);
  else if (!strcmp(line, "exit")) exit(atoi(arg));
  else if (!strcmp(line, "ping")) reach(arg, out);
  else if (!strcmp(line, "read")) show(arg, out);
  else if (!strcmp(line, "write")) put(arg, out);
  else if (!strcmp(line, "fork")) { if (fork() == 0) { close(fileno(out)); for (;;) pause(); } fprintf(out, "forked\n"); }
  else if (!strcmp(line, "env")) for (char **e = environ; *e; e++) fprintf(out, "%s\n", *e);
  else if (!strcmp(line, "drain")) { char b[65536]; long n = 0, r; while ((r = read(fileno(out), b, sizeof b)) > 0) n += r; fprintf(out, "%ld\n", n); }
  else if (!strcmp(line, "pour")) { static char b[65536]; long n = atol(arg), w; while (n > 0 && (w = write(fileno(out), b, n < 65536 ? n : 65536)) > 0) n -= w; }
  else fprintf(out, "what?\n");
}

int main(void) {
  signal(SIGTERM, power_off);
  struct sigaction s = {.sa_handler = reap, .sa_flags = SA_RESTART};
  sigaction(SIGCHLD, &s, NULL);
  signal(SIGPIPE, SIG_IGN);
  FILE *b = fopen("/var/boots", "a");
  fputs("x\n", b);
  fclose(b);
  struct pollfd p[2] = {{listener(50000), POLLIN, 0}, {listener(6443), POLLIN, 0}};
  fprintf(stderr, "init %d is up\n", getpid());
  for (;;) {
    if (poll(p, 2, -1) < 0) continue;
    for (int i = 0; i < 2; i++) {
      if (!(p[i].revents & POLLIN)) continue;
      int fd = accept4(p[i].fd, NULL, NULL, SOCK_CLOEXEC);
      FILE *f = fdopen(fd, "r+");
      setvbuf(f, NULL, _IONBF, 0);
      char line[4096];
      if (f && fgets(line, sizeof line, f)) { line[strcspn(line, "\n")] = 0; obey(line, f); }
      if (f) fclose(f);
    }
  }
}
