#!/usr/bin/python3
"""A notification daemon (org.freedesktop.Notifications) for the session bus of a test.

Prints one JSON line for each notification, and one when it is ready. Reads lines: "press ID KEY" presses the button with
that action key, "close ID" closes the notification as a person would. Ends with its input.
"""
import json
import sys

import dbus
import dbus.service
from dbus.mainloop.glib import DBusGMainLoop
from gi.repository import GLib

NAME = "org.freedesktop.Notifications"
PATH = "/org/freedesktop/Notifications"
CLOSED_BY_PERSON, CLOSED_BY_CALL = 2, 3


def tell(**line):
    print(json.dumps(line), flush=True)


class Notifications(dbus.service.Object):
    def __init__(self, bus):
        super().__init__(bus, PATH)
        self.count = 0

    @dbus.service.method(NAME, in_signature="", out_signature="as")
    def GetCapabilities(self):
        return ["actions", "body", "body-markup", "persistence", "icon-static"]

    @dbus.service.method(NAME, in_signature="", out_signature="ssss")
    def GetServerInformation(self):
        return ("test notifications", "test", "1", "1.2")

    @dbus.service.method(NAME, in_signature="susssasa{sv}i", out_signature="u")
    def Notify(self, app, replaces, icon, summary, body, actions, hints, timeout):
        if not replaces:
            self.count += 1
        number = int(replaces) or self.count
        keys = [str(action) for action in actions]
        buttons = dict(zip(keys[1::2], keys[0::2]))
        tell(id=number, app=str(app), summary=str(summary), body=str(body), buttons=buttons, replaces=int(replaces))
        return dbus.UInt32(number)

    @dbus.service.method(NAME, in_signature="u", out_signature="")
    def CloseNotification(self, number):
        tell(closed=int(number))
        self.NotificationClosed(number, dbus.UInt32(CLOSED_BY_CALL))

    @dbus.service.signal(NAME, signature="us")
    def ActionInvoked(self, number, key):
        pass

    @dbus.service.signal(NAME, signature="uu")
    def NotificationClosed(self, number, reason):
        pass

    def press(self, number, key):
        self.ActionInvoked(dbus.UInt32(number), key)
        self.close(number)

    def close(self, number):
        self.NotificationClosed(dbus.UInt32(number), dbus.UInt32(CLOSED_BY_PERSON))


def obey(stream, _condition, notifications, loop):
    line = stream.readline()
    if not line:
        loop.quit()
        return False
    verb, number, *rest = line.split()
    if verb == "press":
        notifications.press(int(number), rest[0])
    elif verb == "close":
        notifications.close(int(number))
    return True


def main():
    DBusGMainLoop(set_as_default=True)
    bus = dbus.SessionBus()
    notifications = Notifications(bus)
    name = dbus.service.BusName(NAME, bus)
    loop = GLib.MainLoop()
    GLib.io_add_watch(sys.stdin, GLib.IO_IN | GLib.IO_HUP, obey, notifications, loop)
    tell(ready=name.get_name())
    loop.run()


main()
