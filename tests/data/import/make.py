#!/usr/bin/env python3
"""Writes the import files of this folder, each in the form that the program it is named after publishes.

Only for changing them: the tests read what lies here. Needs python3-cryptography and libsodium23 (the reference
implementation of argon2id and secretstream). Nothing is random: the same files come out each time.
"""
import base64
import csv
import ctypes
import ctypes.util
import hashlib
import io
import json
import pathlib
from urllib.parse import quote

from cryptography.hazmat.primitives.ciphers.aead import AESGCM

HERE = pathlib.Path(__file__).parent
PASSPHRASE = 'correct horse battery staple'
NOW = 1790000000
SODIUM = ctypes.CDLL(ctypes.util.find_library('sodium') or 'libsodium.so.23')


def drawn(label, size):
    """Bytes that look random and never change."""
    return hashlib.shake_256(label.encode()).digest(size)


def account(issuer, name, algorithm='SHA1', digits=6, period=30, group='', pinned=False, size=20):
    return {'issuer': issuer, 'account': name, 'secret': drawn(f'{issuer}/{name}', size), 'algorithm': algorithm,
            'digits': digits, 'period': period, 'group': group, 'pinned': pinned}


ACCOUNTS = [
    account('Payroll', 'demo', group='Work', pinned=True),
    account('Wiki', 'demo@example.org', algorithm='SHA256', group='Work'),
    account('Mail', 'demo+codes@example.org', algorithm='SHA512', digits=8, size=64),
    account('VPN: Utrecht', 'demo', period=60, digits=7),
    account('', 'alone'),
    account('بريد', 'تجربة', group='بيت'),
    account('Café ☕ 𝒮𝓎𝓂', 'demo 🗝', size=10),
    account('a&b=c?d#e%f', '"quoted", with \\ and <b>', size=16),
]
# what a QR code of Google's can carry
SIMPLE = [one for one in ACCOUNTS if one['period'] == 30 and one['digits'] in (6, 8)]


def base32(secret):
    return base64.b32encode(secret).decode().rstrip('=')


def b64(data):
    return base64.b64encode(data).decode()


def b64url(data):
    return base64.urlsafe_b64encode(data).decode().rstrip('=')


def percent(text):
    return quote(text, safe='-._~')


def uri(one):
    issuer, name = one['issuer'], one['account']
    colon = ':' if issuer or ':' in name else ''
    issued = f'&issuer={percent(issuer)}' if issuer else ''
    return (f'otpauth://totp/{percent(issuer)}{colon}{percent(name)}?secret={base32(one["secret"])}{issued}'
            f'&algorithm={one["algorithm"]}&digits={one["digits"]}&period={one["period"]}')


def sealed(key, nonce, plain, ad=None):
    return AESGCM(key).encrypt(nonce, plain, ad)


def argon2id(passphrase, salt, passes, memory):
    key = ctypes.create_string_buffer(32)
    secret = passphrase.encode()
    made = SODIUM.crypto_pwhash(key, ctypes.c_ulonglong(32), secret, ctypes.c_ulonglong(len(secret)), salt,
                                ctypes.c_ulonglong(passes), ctypes.c_size_t(memory), 2)
    assert made == 0
    return key.raw


def uuid(label):
    text = drawn(label, 16).hex()
    return '-'.join((text[:8], text[8:12], text[12:16], text[16:20], text[20:]))


def dumped(value):
    return json.dumps(value, ensure_ascii=False, indent=2) + '\n'


# ---- Aegis: docs/vault.md of its repository ----

HOTP = {'issuer': 'Counter', 'account': 'demo'}


def aegis_database():
    groups = sorted({one['group'] for one in ACCOUNTS if one['group']})
    entries = [{
        'type': 'totp', 'uuid': uuid(uri(one)), 'name': one['account'], 'issuer': one['issuer'], 'note': '',
        'favorite': one['pinned'], 'icon': None, 'icon_mime': None, 'icon_hash': None,
        'info': {'secret': base32(one['secret']), 'algo': one['algorithm'], 'digits': one['digits'],
                 'period': one['period']},
        'groups': [uuid(one['group'])] if one['group'] else [],
    } for one in ACCOUNTS]
    entries.append({'type': 'hotp', 'uuid': uuid('hotp'), 'name': HOTP['account'], 'issuer': HOTP['issuer'], 'note': '',
                    'favorite': False, 'icon': None,
                    'info': {'secret': base32(drawn('hotp', 20)), 'algo': 'SHA1', 'digits': 6, 'counter': 7}, 'groups': []})
    return {'version': 3, 'entries': entries, 'groups': [{'uuid': uuid(name), 'name': name} for name in groups],
            'icons_optimized': True}


def aegis_plain():
    return dumped({'version': 1, 'header': {'slots': None, 'params': None}, 'db': aegis_database()})


def gcm_parts(key, label, plain):
    nonce = drawn(label, 12)
    box = sealed(key, nonce, plain)
    return box[:-16], {'nonce': nonce.hex(), 'tag': box[-16:].hex()}


def aegis_sealed():
    master, salt = drawn('aegis master', 32), drawn('aegis salt', 32)
    cost = {'n': 32768, 'r': 8, 'p': 1}
    key = hashlib.scrypt(PASSPHRASE.encode(), salt=salt, dklen=32, maxmem=64 << 20, **cost)
    wrapped, params = gcm_parts(key, 'aegis slot nonce', master)
    slot = {'type': 1, 'uuid': uuid('slot'), 'key': wrapped.hex(), 'key_params': params, **cost, 'salt': salt.hex(),
            'repaired': True, 'is_backup': False}
    fingerprint, fingerprint_params = gcm_parts(drawn('another key', 32), 'aegis biometric nonce', master)
    biometric = {'type': 2, 'uuid': uuid('biometric'), 'key': fingerprint.hex(), 'key_params': fingerprint_params}
    cipher, database_params = gcm_parts(master, 'aegis database nonce', dumped(aegis_database()).encode())
    return dumped({'version': 1, 'header': {'slots': [biometric, slot], 'params': database_params}, 'db': b64(cipher)})


# ---- 2FAS: schema 4 ----

def twofas_services():
    services = [{
        'name': one['issuer'] or one['account'], 'secret': base32(one['secret']), 'updatedAt': NOW * 1000,
        'otp': {'label': f'{one["issuer"]}:{one["account"]}', 'account': one['account'], 'issuer': one['issuer'],
                'digits': one['digits'], 'period': one['period'], 'algorithm': one['algorithm'], 'tokenType': 'TOTP',
                'source': 'Link'},
        'order': {'position': at},
        'icon': {'selected': 'Label', 'label': {'text': 'AB', 'backgroundColor': 'Orange'}},
        **({'groupId': uuid(one['group'])} if one['group'] else {}),
    } for at, one in enumerate(TWOFAS)]
    services.append({'name': 'Counter', 'secret': base32(drawn('hotp', 20)), 'updatedAt': NOW * 1000,
                     'otp': {'account': 'demo', 'issuer': 'Counter', 'digits': 6, 'algorithm': 'SHA1', 'counter': 7,
                             'tokenType': 'HOTP', 'source': 'Link'}, 'order': {'position': len(services)}})
    return list(reversed(services))  # the position counts, not the place


TWOFAS = [one for one in ACCOUNTS if one['issuer']]


def twofas(services, **more):
    groups = sorted({one['group'] for one in ACCOUNTS if one['group']})
    return dumped({'services': services, 'groups': [{'id': uuid(name), 'name': name, 'isExpanded': True} for name in groups],
                   'updatedAt': NOW * 1000, 'schemaVersion': 4, 'appVersionCode': 5000029, 'appVersionName': '5.4.9',
                   'appOrigin': 'android', **more})


def twofas_sealed():
    salt, nonce = drawn('2fas salt', 256), drawn('2fas nonce', 12)
    key = hashlib.pbkdf2_hmac('sha256', PASSPHRASE.encode(), salt, 10_000)
    parts = lambda plain: ':'.join(b64(part) for part in (sealed(key, nonce, plain.encode()), salt, nonce))
    return twofas([], servicesEncrypted=parts(json.dumps(twofas_services())), reference=parts('tRViSsLKzd86Hprh4ceC'))


# ---- Ente Auth: docs/auth/migration/export.md of its repository ----

def ente_list():
    lines = []
    for one in ACCOUNTS:
        display = {'pinned': one['pinned'], 'trashed': False, 'lastUsedAt': 0, 'tapCount': 0,
                   'tags': [one['group']] if one['group'] else [], 'note': ''}
        lines.append(f'{uri(one).replace("algorithm=SHA", "algorithm=sha")}&codeDisplay={percent(json.dumps(display, ensure_ascii=False))}')
    trashed = percent(json.dumps({'pinned': False, 'trashed': True, 'tags': []}))
    lines.append(f'{uri(account("Old", "gone"))}&codeDisplay={trashed}')
    lines.append(f'otpauth://steam/Steam:demo?secret={base32(drawn("steam", 20))}&issuer=Steam')
    return '\n'.join(lines)


def stream_push(key, plain):
    """One final message of a libsodium secretstream; the header is drawn by libsodium's own random, so it is fixed here."""
    state = ctypes.create_string_buffer(52)
    header = drawn('ente header', 24)
    assert SODIUM.crypto_secretstream_xchacha20poly1305_init_pull(state, header, key) == 0
    cipher = ctypes.create_string_buffer(len(plain) + 17)
    assert SODIUM.crypto_secretstream_xchacha20poly1305_push(
        state, cipher, None, plain, ctypes.c_ulonglong(len(plain)), None, ctypes.c_ulonglong(0), ctypes.c_ubyte(3)) == 0
    return header, cipher.raw


def ente_sealed():
    salt, passes, memory = drawn('ente salt', 16), 4, 16 << 20
    header, cipher = stream_push(argon2id(PASSPHRASE, salt, passes, memory), ente_list().encode())
    return dumped({'version': 1, 'kdfParams': {'memLimit': memory, 'opsLimit': passes, 'salt': b64(salt)},
                   'encryptedData': b64(cipher), 'encryptionNonce': b64(header)})


# ---- Bitwarden ----

def bitwarden_items():
    folders = sorted({one['group'] for one in ACCOUNTS if one['group']})
    items = [{
        'passwordHistory': None, 'revisionDate': '2026-09-01T00:00:00.000Z', 'creationDate': '2026-09-01T00:00:00.000Z',
        'deletedDate': None, 'id': uuid(uri(one)), 'organizationId': None,
        'folderId': uuid(one['group']) if one['group'] else None, 'type': 1, 'reprompt': 0,
        'name': one['issuer'] or 'No issuer', 'notes': None, 'favorite': one['pinned'],
        'login': {'uris': [{'match': None, 'uri': 'https://example.org'}], 'username': one['account'], 'password': 'not a real one',
                  'totp': base32(one['secret']) if one is ACCOUNTS[0] else uri(one)}, 'collectionIds': None,
    } for one in ACCOUNTS]
    items.append({'id': uuid('note'), 'type': 2, 'name': 'A note', 'notes': 'nothing', 'favorite': False, 'secureNote': {'type': 0}})
    items.append({'id': uuid('steam'), 'type': 1, 'name': 'Steam', 'favorite': False,
                  'login': {'username': 'demo', 'password': None, 'totp': f'steam://{base32(drawn("steam", 20))}'}})
    return [{'id': uuid(name), 'name': name} for name in folders], items


def bitwarden_json():
    folders, items = bitwarden_items()
    return dumped({'encrypted': False, 'folders': folders, 'items': items})


def bitwarden_csv():
    out = io.StringIO()
    columns = ['folder', 'favorite', 'type', 'name', 'notes', 'fields', 'reprompt', 'login_uri', 'login_username',
               'login_password', 'login_totp']
    rows = csv.DictWriter(out, columns, lineterminator='\n')
    rows.writeheader()
    for one in ACCOUNTS:
        rows.writerow({'folder': one['group'], 'favorite': '1' if one['pinned'] else '', 'type': 'login',
                       'name': one['issuer'] or 'No issuer', 'notes': 'two\nlines, "quoted"', 'fields': '', 'reprompt': 0,
                       'login_uri': 'https://example.org', 'login_username': one['account'], 'login_password': 'not a real one',
                       'login_totp': base32(one['secret']) if one is ACCOUNTS[0] else uri(one)})
    rows.writerow({'type': 'note', 'name': 'A note', 'notes': 'nothing', 'reprompt': 0})
    return out.getvalue()


def bitwarden_sealed():
    return dumped({'encrypted': True, 'passwordProtected': True, 'salt': b64(drawn('bitwarden', 16)), 'kdfType': 0,
                   'kdfIterations': 600000, 'encKeyValidation_DO_NOT_EDIT': '2.AAAA|BBBB|CCCC', 'data': '2.AAAA|BBBB|CCCC'})


# ---- Google Authenticator's QR codes ----

def varint(number):
    out = b''
    while number > 127:
        out += bytes([number & 127 | 128])
        number >>= 7
    return out + bytes([number])


def tagged(field, value):
    if isinstance(value, int):
        return varint(field << 3) + varint(value)
    return varint(field << 3 | 2) + varint(len(value)) + value


def otp_parameters(one, kind=2):
    name = f'{one["issuer"]}:{one["account"]}' if one['issuer'] else one['account']
    return b''.join((tagged(1, one['secret']), tagged(2, name.encode()), tagged(3, one['issuer'].encode()),
                     tagged(4, ['SHA1', 'SHA256', 'SHA512'].index(one['algorithm']) + 1),
                     tagged(5, 2 if one['digits'] == 8 else 1), tagged(6, kind)))


def google_parts():
    counter = otp_parameters(account('Counter', 'demo'), kind=1) + tagged(7, 7)
    halves = [[otp_parameters(one) for one in SIMPLE[:4]], [otp_parameters(one) for one in SIMPLE[4:]] + [counter]]
    for index, half in enumerate(halves):
        payload = b''.join(tagged(1, otp) for otp in half)
        payload += tagged(2, 1) + tagged(3, len(halves)) + tagged(4, index) + tagged(5, 123456789)
        yield f'otpauth-migration://offline?data={percent(b64(payload))}'


# ---- ours: docs/authenticator-export.md ----

def ours_plain():
    codes = [{'uri': uri(one), 'added_at': NOW, **({'group': one['group']} if one['group'] else {}),
              **({'pinned': True} if one['pinned'] else {})} for one in ACCOUNTS]
    return json.dumps({'format': 'symbolon-authenticator-export', 'version': 1, 'exported_at': NOW, 'codes': codes},
                      ensure_ascii=False) + '\n'


def ours_sealed():
    salt, nonce = drawn('export salt', 16), drawn('export nonce', 12)
    key = argon2id(PASSPHRASE, salt, 3, 64 << 20)
    box = b'\x01' + nonce + sealed(key, nonce, ours_plain().strip().encode(), b'\x01symbolon-authenticator export 1')
    return json.dumps({'format': 'symbolon-authenticator-export', 'version': 1, 'exported_at': NOW,
                       'sealed': {'kdf': 'argon2id-64MiB-3', 'salt': b64url(salt), 'box': b64url(box)}}) + '\n'


# ---- what must come out ----

def expected(accounts, passed=(), groups=True, pins=True, passphrase=None, source=None):
    codes = [{'uri': uri(one), **({'group': one['group']} if groups and one['group'] else {}),
              **({'pinned': True} if pins and one['pinned'] else {})} for one in accounts]
    return {'source': source, **({'passphrase': PASSPHRASE} if passphrase else {}), 'codes': codes,
            'passed': [{'name': name, 'problem': problem} for name, problem in passed]}


def main():
    hotp, steam = ('Counter', 'hotp'), ('Steam', 'kind')
    files = {
        'symbolon.json': (ours_plain(), expected(ACCOUNTS, source='symbolon')),
        'symbolon-sealed.json': (ours_sealed(), expected(ACCOUNTS, source='symbolon', passphrase=True)),
        'aegis.json': (aegis_plain(), expected(ACCOUNTS, [hotp], source='aegis')),
        'aegis-sealed.json': (aegis_sealed(), expected(ACCOUNTS, [hotp], source='aegis', passphrase=True)),
        'twofas.2fas': (twofas(twofas_services()), expected(TWOFAS, [hotp], pins=False, source='2fas')),
        'twofas-sealed.2fas': (twofas_sealed(), expected(TWOFAS, [hotp], pins=False, source='2fas', passphrase=True)),
        'ente.txt': (ente_list(), expected(ACCOUNTS, [('#10', 'kind')], source='list')),
        'ente-sealed.json': (ente_sealed(), expected(ACCOUNTS, [('#10', 'kind')], source='ente', passphrase=True)),
        'bitwarden.json': (bitwarden_json(), expected(ACCOUNTS, [steam], source='bitwarden')),
        'bitwarden.csv': (bitwarden_csv(), expected(ACCOUNTS, source='bitwarden')),
        'google.txt': ('\n'.join(google_parts()) + '\n', expected(SIMPLE, [hotp], groups=False, pins=False, source='list')),
        'list.txt': ('# codes\n' + ''.join(f'{uri(one)}\n' for one in ACCOUNTS) + '\n',
                     expected(ACCOUNTS, groups=False, pins=False, source='list')),
    }
    for name, (text, _) in files.items():
        (HERE / name).write_text(text, encoding='utf-8', newline='')
    (HERE / 'bitwarden-sealed.json').write_text(bitwarden_sealed())
    (HERE / 'expected.json').write_text(dumped({name: told for name, (_, told) in files.items()}), encoding='utf-8')


main()
