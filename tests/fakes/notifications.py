#!/usr/bin/python3
"""A notification service: prints each call as a JSON line; shows nothing. Arguments: its capabilities.

Lines on standard input: "press ID KEY" as a person who presses a button (the notification closes, as most do),
"dismiss ID" as one who puts it away.
"""
import json
import sys

import dbus
import dbus.service
from dbus.mainloop.glib import DBusGMainLoop
from gi.repository import GLib

NAME = 'org.freedesktop.Notifications'
DISMISSED, BY_CALL = 2, 3


def tell(**what):
    print(json.dumps(what), flush=True)


class Service(dbus.service.Object):
    count = 0

    @dbus.service.method(NAME, out_signature='as')
    def GetCapabilities(self):
        return dbus.Array(sys.argv[1:], signature='s')

    @dbus.service.method(NAME, in_signature='susssasa{sv}i', out_signature='u')
    def Notify(self, application, replaces, icon, summary, body, actions, hints, timeout):
        if not replaces:
            self.count += 1
        number = int(replaces) or self.count
        tell(notify=number, replaces=int(replaces), application=str(application), summary=str(summary), body=str(body),
             actions=[str(action) for action in actions], urgency=int(hints.get('urgency', 1)), timeout=int(timeout))
        return dbus.UInt32(number)

    @dbus.service.method(NAME, in_signature='u')
    def CloseNotification(self, number):
        tell(closed=int(number))
        self.NotificationClosed(number, BY_CALL)

    @dbus.service.signal(NAME, signature='us')
    def ActionInvoked(self, number, key):
        pass

    @dbus.service.signal(NAME, signature='uu')
    def NotificationClosed(self, number, reason):
        pass


def main():
    DBusGMainLoop(set_as_default=True)
    bus = dbus.SessionBus()
    service = Service(bus, '/org/freedesktop/Notifications')
    name = dbus.service.BusName(NAME, bus)
    loop = GLib.MainLoop()

    def read(channel, condition):
        words = sys.stdin.readline().split()
        if not words:
            loop.quit()
            return False
        number = dbus.UInt32(int(words[1]))
        if words[0] == 'press':
            service.ActionInvoked(number, words[2])
        service.NotificationClosed(number, dbus.UInt32(DISMISSED))
        return True

    GLib.io_add_watch(sys.stdin, GLib.IO_IN | GLib.IO_HUP, read)
    tell(ready=name.get_name())
    loop.run()


main()
