#ifndef DAEMON_SERVE_H
#define DAEMON_SERVE_H

/* How it ends. What is wrong has been printed to standard error. */
enum { SERVE_STOPPED = 0, SERVE_BAD_CONFIGURATION = 2, SERVE_TROUBLE = 3 };

/*
 * `symbolon serve`: the supervisor. It starts the keyholder and the daemon as processes of their own, starts again
 * whichever dies, passes on signals and talks to systemd through $NOTIFY_SOCKET. It reads no configuration and no key.
 *
 * One line is printed when everything is ready. SIGTERM or SIGINT finishes what is under way (at most ten seconds) and
 * ends all three; SIGHUP reads the TLS certificate and the settings again. A start that fails ends with its exit code;
 * later the processes are started again and again, with growing pauses when they keep dying.
 */
int daemon_serve(const char *config_path);

/*
 * What the supervisor starts: the words after the program's name, the first of which begins with '@'. Nobody else can
 * use them. Gives the exit code.
 */
int daemon_child(int argc, char **argv);

#endif
