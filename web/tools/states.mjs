/* Every screen of the sign-in page as a state of the server, by name. Times are filled in when it is served. */
const base = {
  organisation: { name: 'Example', help_url: 'https://id.example.org/help', privacy_url: 'https://id.example.org/privacy' },
  client: { id: 'payroll', name: 'Payroll', host: 'payroll.example.org' },
  username: null,
  factor: null,
  ways: [],
  notice: null,
  challenge: null,
  why: null,
  scopes: [],
  cancel_url: 'https://payroll.example.org/back?error=access_denied',
  app_url: 'https://id.example.org/a/',
};

const why = { key: 'enter_new_browser', text: 'Payroll asks for the number because this browser is new.', client: 'Payroll' };
const challenge = { mode: 'enter', digits: 6, number: '481926', code: null, status: 'sent', life_s: 120, popup: true, left_s: 94 };
const prove = { ...base, state: 'prove', username: 'demo', ways: ['totp', 'recovery'] };

const identify = (extra) => ({ ...base, state: 'identify', ...extra });
const form = (factor, extra) => ({ ...prove, factor, ways: ['password', 'push', 'totp', 'recovery'].filter((way) => way !== factor), ...extra });
const push = (of, extra) => ({ ...prove, factor: 'push', challenge: { ...challenge, ...of }, ...extra });
const digits = (number, of, extra) => push({ digits: number.length, number, ...of }, extra);
const ended = (status, extra) => push({ status }, extra);
const noPush = (notice, extra) => ({ ...prove, factor: 'push', notice, ...extra });
const over = (state, extra) => ({ ...base, state, username: 'demo', ...extra });
const error = (code, title, message, extra) => ({ ...base, state: 'error', client: null, cancel_url: null, app_url: null, error: { code, title, message, reference: 'K7Q2-M4' }, ...extra });

export const states = {
  who: identify(),
  password: form('password'),
  'password-wrong': form('password', { notice: 'wrong_password' }),
  'password-slow': form('password', { notice: 'slow_down', retry_after: 25 }),
  'push-enter': push({ status: 'seen' }, { why }),
  'push-enter-2': digits('07', {}),
  'push-enter-4': digits('0426', {}),
  'push-enter-8': digits('48192653', { status: 'seen' }),
  'push-choose': digits('42', { mode: 'choose' }),
  'push-confirm': push({ mode: 'confirm', number: null, code: 'KTRWM', status: 'seen' }),
  'push-approved': push({ status: 'approved' }),
  'push-nopopup': push({ popup: false }, { why }),
  'push-start': { ...prove, factor: 'push', ways: ['totp'] },
  totp: form('totp'),
  'totp-wrong': form('totp', { notice: 'wrong_code' }),
  'totp-after-denied': form('totp', { notice: 'denied' }),
  recovery: form('recovery', {}),
  'recovery-used': form('recovery', { notice: 'used_code' }),
  pass: form('pass', { ways: [], client: { id: 'account', name: 'Your account', host: '' } }),
  'pass-wrong': form('pass', { notice: 'wrong_code' }),
  'ar-pass': form('pass', { ui_locales: 'ar' }),
  consent: over('consent', { scopes: [{ name: 'profile', title: 'Your name and user name' }, { name: 'email', title: 'Your email address' }, { name: 'timesheets', title: 'Your time sheets of this year' }] }),
  done: over('done', {}),
  denied: ended('denied', { notice: 'denied' }),
  wrong: ended('wrong', { notice: 'number_wrong' }),
  expired: ended('expired', { notice: 'expired' }),
  superseded: ended('superseded', { notice: 'superseded' }),
  reported: ended('denied', { notice: 'reported' }),
  ended: ended('ended', { notice: 'ended' }),
  'too-many': noPush('too_many'),
  'no-factor': { ...prove, factor: null, ways: [], notice: 'no_factor' },
  'not-allowed': over('refused', { notice: 'not_allowed' }),
  refused: over('refused', { cancel_url: null }),
  'login-expired': over('expired', {}),
  'login-superseded': over('superseded', { cancel_url: null }),
  'error-unknown-client': error('unknown_client', 'Unknown client', 'client_id "payrol" is not registered.'),
  'error-redirect': error('bad_redirect_uri', 'Bad redirect_uri', 'redirect_uri https://payroll.example.org/cb2 is not registered for "payroll".'),
  'error-request': error('bad_request', 'Bad request', 'code_challenge_method must be S256.', { client: base.client, cancel_url: base.cancel_url }),
  'error-no-login': error('no_login', 'No login', ''),
  'error-login-over': error('login_over', 'Login over', '', { client: base.client }),
  'error-other-browser': error('other_browser', 'Other browser', ''),
  'error-server': error('server_trouble', 'Trouble', ''),
  'error-future': error('brand_new_code', 'A title from the server', 'And a sentence that says what to do.'),
  'sign-out': error('confirm_sign_out', 'Sign out?', '', { error: { code: 'confirm_sign_out', title: '', message: '', reference: '' } }),
  'signed-out': error('signed_out', 'Signed out', '', { error: { code: 'signed_out', title: '', message: '', reference: '' } }),
  hostile: push({}, {
    client: { id: 'x', name: '\u202eReversed</script><b>&"\' Pa\tyroll with a name that goes on and on and on, \u{1F469}\u200D\u{1F4BB} and then some more', host: 'a.example' },
    organisation: { ...base.organisation, name: 'Ünïversität für Łódź and الجامعة' },
    username: 'a.very.long.user.name.without.any.place.to.break.it@subdomain.department.example.org',
  }),
  'ar-who': identify({ ui_locales: 'xx ar-EG en' }),
  'ar-push-enter': push({ status: 'seen' }, { why, ui_locales: 'ar' }),
  'ar-push-confirm': push({ mode: 'confirm', number: null, code: 'KTRWM' }, { ui_locales: 'ar' }),
  'ar-totp': form('totp', { ui_locales: 'ar', notice: 'wrong_code' }),
  'ar-denied': ended('denied', { notice: 'denied', ui_locales: 'ar' }),
  'ar-consent': over('consent', { ui_locales: 'ar', scopes: [{ name: 'profile', title: 'Your name and user name' }, { name: 'email', title: 'Your email address' }] }),
  'ar-nopopup': push({ popup: false }, { why, ui_locales: 'ar' }),
};

/* A state with its times, as the server would send it now. `began` is when the challenge was made, for a moving clock. */
export function stamped(name, state, nowS) {
  const { left_s: left = 0, ...rest } = state.challenge ?? {};
  return {
    login: state.state === 'error' ? null : name,
    ...state,
    challenge: state.challenge ? { ...rest, expires_at: nowS + left } : null,
    server_time: nowS,
    expires_at: nowS + 540,
  };
}
