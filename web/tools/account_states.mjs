/* Accounts by name, as the server would tell of them (docs/account-api.md). Times are seconds before now. */
const MINUTE = 60;
const HOUR = 3600;
const DAY = 86_400;

const device = (id, name, platform, added, contact, push = {}) => ({ id, name, platform, created_at: added, last_contact: contact, push: { subscribed: false, confirmed_at: 0, reachable_since: push.confirmed_at ?? 0, accepted_at: 0, failed_at: 0, failure: null, ...push } });
const seen = (id, browser, ip, created, used, more = {}) => ({ id, browser, ip, place: null, created_at: created, used_at: used, this: false, ...more });
const why = (key, text, client) => ({ key, text, client });
const entry = (at, outcome, client, more = {}) => ({ at, outcome, client: client && { id: client.toLowerCase(), name: client }, ip: '203.0.113.7', place: null, browser: 'Firefox on Linux', factors: [], device: null, why: null, reason: null, ...more });
const change = (at, event, more = {}) => entry(at, 'changed', null, { event, ...more });

const history = [
  entry(4 * MINUTE, 'signed_in', 'Payroll', { factors: ['password', 'push:enter:6'], device: { id: 'd1', name: 'Work phone' }, why: why('enter_new_browser', 'Payroll asks for the number because this browser is new.', 'Payroll') }),
  entry(5 * MINUTE, 'password_right', 'Payroll'),
  entry(31 * MINUTE, 'wrong_number', 'Payroll', { factors: ['password', 'push:enter:6'], browser: 'Chrome on Windows', ip: '198.51.100.20' }),
  entry(3 * HOUR, 'signed_in', 'Mail', { factors: ['password', 'totp'], why: why('code_default', 'Mail asks for a code, as most services here do.', 'Mail') }),
  change(27 * HOUR, 'recovery.issued'),
  entry(28 * HOUR, 'signed_in', 'Wiki', { factors: ['password', 'push:choose:2'], device: { id: 'd1', name: 'Work phone' }, why: why('choose_known_browser', 'Wiki only asks you to pick a number because you have used this browser before.', 'Wiki') }),
  entry(29 * HOUR, 'wrong_password', 'Wiki'),
  change(9 * DAY, 'device.enrolled', { device: { id: 'd1', name: 'Work phone' } }),
  change(9.01 * DAY, 'totp.enrolled'),
  entry(60 * DAY, 'signed_in', 'Wiki', { factors: ['password', 'recovery'], browser: 'Safari on iPhone' }),
];

const home = {
  user: { id: 'u1', username: 'demo', display_name: 'Demo', email: 'demo@example.org' },
  organisation: { name: 'Example', help_url: 'https://id.example.org/help', privacy_url: 'https://id.example.org/privacy' },
  access: 'full',
  fresh: -200,
  password: { set: true, changed_at: 80 * DAY },
  devices: [
    device('d1', 'Work phone', 'Android', 9 * DAY, 2 * MINUTE, { subscribed: true, confirmed_at: 2 * MINUTE }),
    device('d2', 'Old tablet', 'iPadOS', 300 * DAY, 41 * DAY, { subscribed: true, confirmed_at: 60 * DAY }),
  ],
  totp: [{ id: 't1', label: 'Codes', created_at: 9.01 * DAY, used_at: 3 * HOUR }],
  recovery: { left: 7, issued_at: 27 * HOUR },
  browsers: [seen('b1', 'Firefox on Linux', '203.0.113.7', 9 * DAY, 4 * MINUTE, { this: true }), seen('b2', 'Safari on iPhone', '203.0.113.9', 60 * DAY, 2 * DAY)],
  sessions: [
    seen('s1', 'Firefox on Linux', '203.0.113.7', 4 * MINUTE, 10, { this: true }),
    seen('s2', 'Safari on iPhone', '203.0.113.9', 2 * DAY, HOUR),
    seen('s3', 'Chrome on Windows', '198.51.100.20', 5 * DAY, 3 * DAY),
  ],
  history,
};

const onlySession = { sessions: [home.sessions[0]], browsers: [] };
const nasty = '\u202egnp.enohp\u2066 </script><b>&"\' \u200b\u200d\u{1F469}\u200D\u{1F4BB} جهاز with a name that goes on and on and on without an end';

export const accounts = {
  home,
  always: { ...home, devices: [home.devices[0]], recovery: { left: 10, issued_at: 27 * HOUR } },
  bare: { ...home, ...onlySession, devices: [], totp: [], recovery: { left: 0, issued_at: 0 }, history: [] },
  'one-lost': { ...home, ...onlySession, devices: [device('d1', 'Phone', 'Android', 30, 10)], totp: [], recovery: { left: 0, issued_at: 0 } },
  'few-codes': { ...home, devices: [home.devices[0]], recovery: { left: 1, issued_at: 90 * DAY } },
  alarm: { ...home, history: [entry(40 * MINUTE, 'reported', 'Wiki', { ip: '198.51.100.20', browser: 'Chrome on Windows' }), ...history.slice(1)] },
  first: { ...home, access: 'enrol', fresh: 1500, devices: [], totp: [], recovery: { left: 0, issued_at: 0 }, password: { set: false, changed_at: 0 }, browsers: [], sessions: [], history: [] },
  'first-half': { ...home, access: 'enrol', fresh: 1500, devices: [], totp: [], recovery: { left: 0, issued_at: 0 }, password: { set: true, changed_at: 30 }, browsers: [], sessions: [], history: [] },
  'first-done': { ...home, access: 'enrol', fresh: 1500, devices: [home.devices[0]], totp: [], recovery: { left: 10, issued_at: 20 }, password: { set: true, changed_at: 60 }, browsers: [], sessions: [], history: [] },
  failing: { ...home, devices: [device('d1', 'Work phone', 'Android', 9 * DAY, 2 * MINUTE, { subscribed: true, confirmed_at: DAY, failed_at: 5 * MINUTE, failure: 'unreachable' })] },
  last: { ...home, fresh: 300, devices: [home.devices[0]], totp: [] },
  fresh: { ...home, fresh: 300 },
  hostile: {
    ...home,
    user: { ...home.user, username: 'a.very.long.user.name.without.any.place.to.break.it@subdomain.department.example.org' },
    organisation: { ...home.organisation, name: 'Ünïversität für Łódź and الجامعة' },
    devices: [device('d1', nasty, nasty, 9 * DAY, 2 * MINUTE, { subscribed: true, confirmed_at: 2 * MINUTE }), device('d2', '\u200b\u2060\u200d', 'Android', DAY, HOUR)],
    totp: [{ id: 't1', label: nasty, created_at: 9 * DAY, used_at: 0 }],
    browsers: [seen('b1', nasty, '2001:db8:aaaa:bbbb:cccc:dddd:eeee:ffff', DAY, 5, { this: true })],
    sessions: [seen('s1', nasty, '2001:db8:aaaa:bbbb:cccc:dddd:eeee:ffff', DAY, 5, { this: true }), seen('s2', '', '', 0, 9)],
    history: [entry(60, 'signed_in', nasty, { factors: ['password', 'push:enter:6', 'toString'], device: { id: 'x', name: nasty }, why: why('moon', `${nasty} asks.`, nasty) }), entry(70, 'denied', nasty, { browser: nasty })],
  },
};
