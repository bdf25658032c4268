#ifndef DAEMON_SERVE_H
#define DAEMON_SERVE_H

/*
 * `symbolon serve`: opens everything, prints one line when ready, runs until SIGTERM or SIGINT, finishes what is under
 * way (at most ten seconds) and leaves. SIGHUP reads the TLS certificate and the settings again. Tells systemd through
 * $NOTIFY_SOCKET.
 *
 * Exit codes: 0 stopped, 2 the configuration is wrong, 3 trouble. What is wrong has been printed to standard error.
 */
int daemon_serve(const char *config_path);

#endif
