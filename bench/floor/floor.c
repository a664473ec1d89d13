/* floor: what the kernel charges for one message to N connections, and no more.
 *
 * Takes plain TCP connections on one port and whole frames, each after its
 * length in four bytes, on another. Every frame goes to every connection by one
 * send(2). With an argument N > 0, frames are gathered for N milliseconds and go
 * out in one send: the floor of the class that may merge.
 *
 * It reads nothing from its listeners and checks nothing. A send that the kernel
 * refuses is a lost message, which the generator notices. It ends when the
 * control connection closes.
 */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

enum { MOST = 32768, ROOM = 1 << 20 };

static int listeners[MOST];
static int count;

static void die(const char *what)
{
	perror(what);
	exit(1);
}

static int listen_anywhere(int *port)
{
	int on = 1, fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	struct sockaddr_in a = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
	socklen_t size = sizeof a;
	if (fd < 0 || setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on) || bind(fd, (void *)&a, sizeof a) ||
	    listen(fd, 4096) || getsockname(fd, (void *)&a, &size))
		die("listen");
	*port = ntohs(a.sin_port);
	return fd;
}

static void watch(int poll, int fd)
{
	struct epoll_event e = {.events = EPOLLIN, .data.fd = fd};
	if (epoll_ctl(poll, EPOLL_CTL_ADD, fd, &e))
		die("epoll_ctl");
}

static void fan_out(const uint8_t *bytes, size_t size)
{
	for (int i = 0; i < count; i++)
		if (send(listeners[i], bytes, size, MSG_DONTWAIT | MSG_NOSIGNAL) != (ssize_t)size && errno == EAGAIN)
			fprintf(stderr, "floor: a listener is too slow\n");
}

static long now_ms(void)
{
	struct timespec t;
	clock_gettime(CLOCK_MONOTONIC, &t);
	return t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

/* What was gathered, and when the first of it came. */
static uint8_t gathered[ROOM];
static size_t gathered_size;
static long gathered_at;

static void flush(void)
{
	if (gathered_size)
		fan_out(gathered, gathered_size);
	gathered_size = 0;
}

static void frame(const uint8_t *bytes, size_t size, long gather)
{
	if (gather == 0) {
		fan_out(bytes, size);
		return;
	}
	if (gathered_size + size > ROOM)
		flush();
	if (gathered_size == 0)
		gathered_at = now_ms();
	memcpy(gathered + gathered_size, bytes, size);
	gathered_size += size;
}

/* Reads the control connection; frames may come in pieces. */
static void control(int fd, long gather)
{
	static uint8_t b[ROOM];
	static size_t have;
	ssize_t n = read(fd, b + have, sizeof b - have);
	if (n <= 0) {
		if (n < 0 && (errno == EAGAIN || errno == EINTR))
			return;
		exit(0);
	}
	have += n;
	size_t at = 0;
	while (have - at >= 4) {
		uint32_t size;
		memcpy(&size, b + at, 4);
		size = ntohl(size);
		if (size > sizeof b - 4)
			exit(1);
		if (have - at - 4 < size)
			break;
		frame(b + at + 4, size, gather);
		at += 4 + size;
	}
	memmove(b, b + at, have - at);
	have -= at;
}

static void accept_all(int from, int poll, int is_control)
{
	int fd;
	while ((fd = accept4(from, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC)) >= 0) {
		if (is_control)
			watch(poll, fd);
		else if (count < MOST)
			listeners[count++] = fd;
	}
}

int main(int argc, char **argv)
{
	long gather = argc > 1 ? atol(argv[1]) : 0;
	struct rlimit files;
	if (getrlimit(RLIMIT_NOFILE, &files) == 0) {
		files.rlim_cur = files.rlim_max;
		setrlimit(RLIMIT_NOFILE, &files);
	}
	int listen_port, control_port, poll = epoll_create1(EPOLL_CLOEXEC);
	int room = listen_anywhere(&listen_port), post = listen_anywhere(&control_port);
	watch(poll, room);
	watch(poll, post);
	printf("ready 127.0.0.1:%d 127.0.0.1:%d\n", listen_port, control_port);
	fflush(stdout);
	for (;;) {
		struct epoll_event events[64];
		long wait = gathered_size ? gathered_at + gather - now_ms() : -1;
		int n = epoll_wait(poll, events, 64, gathered_size && wait < 0 ? 0 : (int)wait);
		for (int i = 0; i < n; i++) {
			int fd = events[i].data.fd;
			if (fd == room || fd == post)
				accept_all(fd, poll, fd == post);
			else
				control(fd, gather);
		}
		if (gathered_size && now_ms() - gathered_at >= gather)
			flush();
	}
}
