#!/usr/bin/python3
"""A small Secret Service: one collection, in memory. Prints a JSON line for each thing that happens.

  --locked       the collection is locked until a prompt is answered: by a line "allow" or "dismiss" on standard input
  --no-default   there is no default collection
  --hang METHOD  that method never answers
  --other        gives back another secret than was stored
"""
import json
import sys

import dbus
import dbus.service
from dbus.mainloop.glib import DBusGMainLoop
from gi.repository import GLib

SERVICE = 'org.freedesktop.Secret.Service'
COLLECTION = 'org.freedesktop.Secret.Collection'
ITEM = 'org.freedesktop.Secret.Item'
PROMPT = 'org.freedesktop.Secret.Prompt'
HOME = '/org/freedesktop/secrets'
HANGING = sys.argv[sys.argv.index('--hang') + 1] if '--hang' in sys.argv else None


def tell(**what):
    print(json.dumps(what), flush=True)


def hangs(name):
    if name == HANGING:
        tell(hanging=name)
        return True
    return False


class Prompt(dbus.service.Object):
    def __init__(self, service, path):
        super().__init__(service.connection, path)
        self.service = service

    @dbus.service.method(PROMPT, in_signature='s')
    def Prompt(self, window):
        self.service.waiting = self
        tell(prompt=True)

    def answer(self, allowed):
        if allowed:
            self.service.locked = False
        self.Completed(not allowed, dbus.Array([], signature='o', variant_level=1))

    @dbus.service.signal(PROMPT, signature='bv')
    def Completed(self, dismissed, result):
        pass


class Item(dbus.service.Object):
    def __init__(self, service, path, attributes, secret):
        super().__init__(service.connection, path)
        self.service, self.path, self.attributes, self.secret = service, path, attributes, secret

    @dbus.service.method(ITEM, in_signature='o', out_signature='(oayays)', async_callbacks=('ok', 'fail'))
    def GetSecret(self, session, ok, fail):
        if hangs('GetSecret'):
            return
        if self.service.locked:
            fail(dbus.DBusException('locked', name='org.freedesktop.Secret.Error.IsLocked'))
            return
        secret = dbus.ByteArray(b'another') if '--other' in sys.argv else self.secret
        ok((session, dbus.ByteArray(b''), secret, 'text/plain'))

    @dbus.service.method(ITEM, out_signature='o')
    def Delete(self):
        self.service.items.remove(self)
        self.remove_from_connection()
        tell(deleted=self.attributes['vault'])
        return '/'


class Collection(dbus.service.Object):
    def __init__(self, service):
        super().__init__(service.connection, HOME + '/collection/one')
        self.service = service

    @dbus.service.method(COLLECTION, in_signature='a{sv}(oayays)b', out_signature='oo')
    def CreateItem(self, properties, secret, replace):
        attributes = {str(key): str(value) for key, value in properties['org.freedesktop.Secret.Item.Attributes'].items()}
        item = Item(self.service, f'{HOME}/collection/one/{len(self.service.items)}x{self.service.made}', attributes, secret[2])
        self.service.made += 1
        self.service.items.append(item)
        tell(created=attributes['vault'], size=len(secret[2]))
        return item.path, '/'


class Service(dbus.service.Object):
    def __init__(self, connection):
        super().__init__(connection, HOME)
        self.locked = '--locked' in sys.argv
        self.items, self.made, self.waiting = [], 0, None
        self.collection = Collection(self)

    @dbus.service.method(SERVICE, in_signature='sv', out_signature='vo', async_callbacks=('ok', 'fail'))
    def OpenSession(self, algorithm, value, ok, fail):
        if not hangs('OpenSession'):
            ok(dbus.String('', variant_level=1), HOME + '/session/one')

    @dbus.service.method(SERVICE, in_signature='a{ss}', out_signature='aoao', async_callbacks=('ok', 'fail'))
    def SearchItems(self, attributes, ok, fail):
        if hangs('SearchItems'):
            return
        found = [item.path for item in self.items if dict(attributes).items() <= item.attributes.items()]
        ok(*(([], found) if self.locked else (found, [])))

    @dbus.service.method(SERVICE, in_signature='ao', out_signature='aoo')
    def Unlock(self, objects):
        if not self.locked:
            return objects, '/'
        self.made += 1
        return [], Prompt(self, f'{HOME}/prompt/p{self.made}').__dbus_object_path__

    @dbus.service.method(SERVICE, in_signature='s', out_signature='o')
    def ReadAlias(self, name):
        return '/' if '--no-default' in sys.argv else self.collection.__dbus_object_path__


def main():
    DBusGMainLoop(set_as_default=True)
    bus = dbus.SessionBus()
    service = Service(bus)
    name = dbus.service.BusName('org.freedesktop.secrets', bus)
    loop = GLib.MainLoop()

    def read(channel, condition):
        line = sys.stdin.readline().strip()
        if not line:
            loop.quit()
            return False
        if line == 'lock':
            service.locked = True
            tell(locked=True)
        elif service.waiting:
            service.waiting.answer(line == 'allow')
        return True

    GLib.io_add_watch(sys.stdin, GLib.IO_IN | GLib.IO_HUP, read)
    tell(ready=name.get_name())
    loop.run()


main()
