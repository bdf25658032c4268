/*
 * What a keyholder in a process of its own costs: the same calls by a call in this process and over the socket, in
 * turns. Wall time is one thread's; CPU time is both processes'.
 *   symbolon-keyholder-cost [CALLS]
 */
#include <inttypes.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "base/arena.h"
#include "base/clock.h"
#include "base/log.h"
#include "keyholder/keyholder.h"
#include "keyholder/socket.h"

#define ROUNDS 5

static const uint8_t kek[32] = {1};

static void must(enum status status, const char *what)
{
	if (status == OK)
		return;
	fprintf(stderr, "keyholder-cost: %s: %s\n", what, status_name(status));
	exit(1);
}

/* A process that serves one line until it is closed. */
static pid_t other_process(int *ret_line)
{
	const pid_t self = getpid();
	int ends[2];
	pid_t pid;

	must(socket_line_new(ends), "socket");
	pid = fork();
	if (pid == 0) {
		struct keyholder_server *server = NULL;

		prctl(PR_SET_PDEATHSIG, SIGKILL);
		close(ends[0]);
		must(keyholder_server_new(&(struct keyholder_server_options){.kek = kek}, &server), "keyholder");
		_exit(getppid() == self ? (int)socket_serve(server, ends[1]) : 1);
	}
	close(ends[1]);
	*ret_line = ends[0];
	return pid;
}

static struct keyholder *over_socket(int line)
{
	struct transport_socket *socket = NULL;
	struct keyholder *keyholder = NULL;

	must(transport_socket_new(&(struct transport_socket_options){0}, &socket), "socket");
	transport_socket_connect(socket, &line, 1);
	struct keyholder_transport transport = transport_socket_transport(socket);
	must(keyholder_connect(&transport, &keyholder), "keyholder");
	return keyholder;
}

static struct keyholder *in_this_process(void)
{
	struct keyholder_transport transport;
	struct keyholder *keyholder = NULL;

	must(transport_local_new(kek, &transport), "keyholder");
	must(keyholder_connect(&transport, &keyholder), "keyholder");
	return keyholder;
}

struct keys {
	struct new_key mac, sign;
};

static struct sealed_key sealed(const struct new_key *key, const char *alg)
{
	return (struct sealed_key){key->kid, alg, key->sealed, key->sealed_size};
}

static void call_mac(struct keyholder *keyholder, const struct keys *keys)
{
	const struct sealed_key key = sealed(&keys->mac, "HS256");
	uint8_t mac[32];

	must(keyholder_mac(keyholder, &key, "cost", "data", 4, mac), "mac");
}

/* As for one token response: an access token and an ID token in one round trip. */
static void call_sign(struct keyholder *keyholder, const struct keys *keys)
{
	static const char payload[] =
		"{\"iss\":\"https://id.example.org\",\"sub\":\"demo\",\"aud\":\"wiki\",\"exp\":1}";
	const struct sealed_key key = sealed(&keys->sign, "ES256");
	const struct sign_job jobs[] = {{&key, "at+jwt", payload}, {&key, "JWT", payload}};
	scoped_arena *arena = arena_new(64 * 1024);
	char *jws[2];

	must(keyholder_sign(keyholder, arena, jobs, 2, jws), "sign");
}

static int64_t cpu_of_us(pid_t pid)
{
	struct timespec time = {0};
	clockid_t clock = CLOCK_PROCESS_CPUTIME_ID;

	if ((pid && clock_getcpuclockid(pid, &clock) != 0) || clock_gettime(clock, &time) != 0)
		exit(1);
	return (int64_t)time.tv_sec * 1000000 + time.tv_nsec / 1000;
}

struct cost {
	double wall_us, cpu_us;
};

static struct cost measure(struct keyholder *keyholder, pid_t other, const struct keys *keys,
			   void (*call)(struct keyholder *, const struct keys *), int calls)
{
	const int64_t begun_us = clock_mono_us(), cpu_us = cpu_of_us(0) + (other ? cpu_of_us(other) : 0);

	for (int i = 0; i < calls; i++)
		call(keyholder, keys);
	return (struct cost){(double)(clock_mono_us() - begun_us) / calls,
			     (double)(cpu_of_us(0) + (other ? cpu_of_us(other) : 0) - cpu_us) / calls};
}

static struct cost cheaper(struct cost one, struct cost other)
{
	return other.cpu_us == 0 || one.cpu_us < other.cpu_us ? one : other;
}

static void compare(const char *name, struct keyholder *here, struct keyholder *there, pid_t other,
		    const struct keys *keys, void (*call)(struct keyholder *, const struct keys *), int calls)
{
	struct cost local = {0}, socket = {0};

	for (int round = 0; round < ROUNDS; round++) {
		local = cheaper(measure(here, 0, keys, call, calls), local);
		socket = cheaper(measure(there, other, keys, call, calls), socket);
	}
	printf("%-16s in the process %6.1f us CPU %6.1f us wall   over the socket %6.1f us CPU %6.1f us wall   more "
	       "%5.1f us CPU\n",
	       name, local.cpu_us, local.wall_us, socket.cpu_us, socket.wall_us, socket.cpu_us - local.cpu_us);
}

int main(int argc, char **argv)
{
	log_level_set(LOG_ERROR_); /* it tells of every signature */
	const int calls = argc > 1 ? (int)strtol(argv[1], NULL, 10) : 20000;
	int line = -1, ended = 0;
	const pid_t other = other_process(&line);
	scoped_arena *arena = arena_new(1 << 20);
	struct keyholder *here = in_this_process(), *there = over_socket(line);
	struct keys keys;

	must(keyholder_key_new(here, arena, "HS256", &keys.mac), "key");
	must(keyholder_key_new(here, arena, "ES256", &keys.sign), "key");
	compare("MAC", here, there, other, &keys, call_mac, calls);
	compare("two ES256 tokens", here, there, other, &keys, call_sign, calls / 10 + 1);
	keyholder_close(&here);
	keyholder_close(&there);
	return waitpid(other, &ended, 0) == other && ended == 0 ? 0 : 1;
}
