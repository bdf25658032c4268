#ifndef DAEMON_NOTIFY_H
#define DAEMON_NOTIFY_H

/* systemd's readiness protocol: one datagram to $NOTIFY_SOCKET, if there is one (sd_notify(3)). */
void notify(const char *message);

#endif
