/*
 * Every English word of the sign-in page. Names of people and services arrive already made safe and isolated
 * (shared/text.ts: foreignName). Say what happened, then what to do; no blame, no jargon.
 */
import type { Catalogue, Plurals } from '../../shared/text';
import type { WhyMode, WhyReason } from '../why';

const WORDS = ['zero', 'one', 'two', 'three', 'four', 'five', 'six', 'seven', 'eight'];
const inWords = (count: number) => WORDS[count] ?? String(count);

export const en = (plural: Plurals) => ({
  signInWith: (organisation: string) => `Sign in with ${organisation}`,
  signIn: 'Sign in',
  help: 'Help',
  privacy: 'Privacy',
  next: 'Next',
  continue: 'Continue',
  close: 'Close',
  tryAgain: 'Try again',
  backTo: (client: string) => `Back to ${client}`,
  signingInAs: 'Signing in as',
  notYou: 'Not you?',
  yourService: 'your service',
  tryAgainIn: (clock: string) => `Try again in ${clock}`,

  identify: {
    title: 'Who are you?',
    lead: (client: string) => `Sign in to go to ${client}.`,
    label: 'User name or email',
    empty: 'Type your user name first.',
  },
  password: {
    title: 'Your password',
    lead: (client: string) => `To go on to ${client}.`,
    label: 'Password',
    show: 'Show password',
    empty: 'Type your password first.',
  },
  totp: {
    title: 'Type the code from your app',
    lead: 'Six digits in most apps, new every 30 seconds.',
    label: 'Code from your authenticator app',
    short: 'The code has at least six digits.',
  },
  recovery: {
    title: 'Type a recovery code',
    lead: 'One of the codes you saved when you set up your account. Each works once.',
    label: 'Recovery code',
    empty: 'Type one of your recovery codes.',
    used: 'That recovery code was used already. Take another one.',
  },
  push: {
    confirm: { title: 'Compare this code with your phone', lead: (letters: number) => `Approve only if both screens show the same ${inWords(letters)} letters.` },
    choose: { title: 'Tap this number on your phone', lead: 'Your phone shows three numbers. Tap the one that matches.' },
    enter: {
      title: 'Type this number on your phone',
      lead: (digits: number) => plural(digits, { one: 'Open the request on your phone and type the digit.', other: `Open the request on your phone and type ${digits === 2 ? 'both' : `all ${inWords(digits)}`} digits.` }),
    },
    noPopup: {
      title: 'Open your authenticator',
      lead: 'This time your phone does not ring. The request is waiting inside the app.',
      steps: 'What to do',
      open: 'Open Symbolon on your phone',
      find: (client: string) => `Tap the request for ${client}`,
      act: { confirm: 'Compare this code', choose: 'Tap this number', enter: 'Type this number' },
    },
    yourNumber: (spelled: string) => `Your number: ${spelled}`,
    yourCode: (spelled: string) => `Your code: ${spelled}`,
    status: {
      sent: 'Sent to your phone',
      waiting: 'Waiting for you to open it',
      unreached: 'No push service was reached. Open your authenticator.',
      seen: 'Your phone has it',
      approved: 'Approved',
      timeUp: 'Time is up. Checking…',
      lost: 'No connection. Trying again…',
    },
    timeLeft: 'Time left',
    secondsLeft: (seconds: number) => plural(seconds, { one: '# second left', other: '# seconds left' }),
    openHere: 'Open the app on this phone',
  },
  pushStart: {
    title: 'Approve on your phone',
    lead: 'We send a request to your authenticator app.',
    send: 'Send the request',
  },
  ways: {
    open: 'Use another way',
    title: 'Another way',
    password: { title: 'Password', about: 'The one for this account' },
    push: { title: 'Approve on your phone', about: 'Send a request to your app' },
    pushBack: { title: 'Back to the request', about: 'It is still waiting on your phone' },
    totp: { title: 'Authenticator code', about: 'Six digits from any code app' },
    recovery: { title: 'Recovery code', about: 'One of the codes you saved' },
    help: { title: 'None of these', about: (organisation: string) => `Ask ${organisation} for help` },
    leave: { title: (client: string) => `Back to ${client}`, about: 'Without signing in' },
    none: (organisation: string) => `This account has no other way. The people who run ${organisation} can help.`,
  },
  consent: {
    title: (client: string) => `Let ${client} see this?`,
    lead: (host: string) => `It runs at ${host} and asks for:`,
    leadPlain: 'It asks for:',
    allow: 'Allow',
    deny: 'Don’t allow',
    scopes: {
      openid: 'That it is you',
      profile: 'Your name and user name',
      email: 'Your email address',
      phone: 'Your phone number',
      address: 'Your address',
      groups: 'The groups you belong to',
      offline_access: 'Access while you are away',
    },
  },
  done: {
    match: 'It’s a match',
    in: 'You’re in',
    lead: (client: string) => `Taking you to ${client}…`,
    now: 'Continue now',
    stuck: 'You are signed in, but we could not take you on yet.',
  },
  /* an empty note is left out */
  endings: {
    denied: {
      title: 'Turned down on your phone',
      lead: 'Someone with your phone said no. Nobody got in.',
      note: 'Was it a slip? Sign in another way. If you send it again, your phone may stay quiet: open the app to find the request.',
    },
    wrong: {
      title: 'The numbers did not match',
      lead: 'You get one try for each number. So this one is used up.',
      note: 'Nothing is locked. Sign in another way, or send a new number and open the app to find it.',
    },
    expired: { title: 'Time ran out', lead: 'Nobody answered on your phone, so nothing happened.', note: 'Send it again when your phone is at hand.' },
    superseded: {
      title: 'A newer request took over',
      lead: 'You started again somewhere else. Only the newest request counts.',
      note: 'Go on in the other window. If you did not open one, tap “It’s not me” on your phone.',
    },
    reported: {
      title: 'Reported from your phone',
      lead: 'Someone with your phone said “It’s not me”. Nobody got in.',
      note: 'If that was you, well done: you are safe. If it was a slip, sign in another way.',
    },
    ended: { title: 'This request has ended', lead: 'It was not approved in time.', note: 'Try again, or sign in another way.' },
    other_request: {
      title: 'Another sign-in is waiting on your phone',
      lead: 'Only one request can wait at a time.',
      note: 'Answer that one first. If it is not yours, press “It’s not me”. Then try again here.',
    },
    too_many: {
      title: 'Too many requests for now',
      lead: 'Several requests went unanswered, so your phone is left in peace for a while.',
      note: 'Open your authenticator: a request may still be waiting there. Or sign in another way.',
    },
    no_factor: {
      title: 'Something is missing',
      lead: 'This sign-in needs a way to prove yourself that your account does not have yet.',
      note: 'The people who look after your account can set it up with you.',
    },
    not_allowed: {
      title: 'Not from here',
      lead: 'Your organisation does not allow this sign-in: not for this account, or not from this place.',
      note: 'If you think that is wrong, ask the people who look after your account.',
    },
    refused: { title: 'This did not work out', lead: 'The sign-in was stopped. Nobody got in.', note: '' },
    login_expired: { title: 'This took too long', lead: 'For your safety a sign-in stays open only a few minutes.', note: '' },
    login_superseded: { title: 'You went on elsewhere', lead: 'Another window has taken over this sign-in. Go on there, or start again.', note: '' },
  },
  sendAgain: 'Send it again',
  useThisWindow: 'Use this window instead',
  noWayBack: (client: string) => `To start again, go to ${client} and sign in there. You can close this page.`,

  notices: {
    wrong_password: 'That password is not right. Try again.',
    wrong_code: 'That code is not right. Try again.',
    used_code: 'That code was used already. Wait for the next one.',
    slow_down: 'Too many tries. Wait a moment, then go on.',
    no_factor: 'Your account cannot do that yet.',
    not_allowed: 'That way is not allowed here.',
    number_wrong: 'The numbers did not match. Prove yourself this way instead.',
    denied: 'The request was turned down on your phone.',
    expired: 'The request on your phone ran out of time.',
    superseded: 'A newer request took over.',
    reported: 'The request was reported from your phone.',
    ended: 'The request on your phone has ended.',
    other_request: 'Another sign-in is waiting on your phone. Answer that one first.',
    too_many: 'Your phone had too many requests. Go on this way instead.',
  },
  problems: {
    offline: 'No connection. Nothing is lost: try again when you are back online.',
    slow_down: 'Too many tries. Wait a moment, then go on.',
    busy: 'Very busy right now. Wait a moment, then try again.',
    trouble: 'That did not work, and it is not your fault. Try again.',
  },
  errors: {
    unknown_client: { title: 'We don’t know this service', lead: 'The link that brought you here names a service that is not registered. Nothing was shared with it.' },
    bad_redirect_uri: { title: 'This link is not safe to follow', lead: 'The service asked us to send you to an address that it has not registered. So we stopped here.' },
    bad_request: { title: 'The service asked wrongly', lead: 'Something in its request does not fit. Go back and try again; if it stays, tell the service.' },
    no_login: { title: 'Nothing to sign in to', lead: 'Go to the service you want to use and choose “Sign in” there.' },
    login_over: { title: 'This sign-in is over', lead: 'It was finished in another tab, or it ran out of time. Go back to the service to start again.' },
    other_browser: { title: 'Wrong browser', lead: 'This sign-in began in another browser. Go on there, or start again here from the service.' },
    server_trouble: { title: 'Something broke on our side', lead: 'It is not your fault. Wait a minute and try again.' },
    signed_out: { title: 'You are signed out', lead: 'You can close this page.' },
    confirm_sign_out: { title: 'Sign out?', lead: (organisation: string) => `You will be signed out of ${organisation} in this browser.`, yes: 'Sign out', no: 'Stay signed in' },
    unknown: { title: 'This did not work', lead: 'Go back to the service and try again.' },
    stayed: { title: 'You are still signed in', lead: 'You can close this page.' },
  },
  forTheService: 'For the people who run the service',
  reference: (reference: string) => `Reference ${reference}`,
  why: {
    asked: (client: string, mode: WhyMode, reason: WhyReason) => {
      const asks = { known_browser: 'only asks', client: 'always asks', new_browser: 'asks', network: 'asks', group: 'asks', default: 'asks' }[reason];
      const what = { confirm: 'you to compare a code', choose: 'you to pick a number', enter: 'for the number', code: 'for a code' }[mode];
      const because = {
        new_browser: ' because this browser is new',
        known_browser: ' because you have used this browser before',
        network: ' because of the network you are on',
        group: ' because of a group you are in',
        client: '',
        default: ', as most services here do',
      }[reason];
      return `${client} ${asks} ${what}${because}.`;
    },
    caution: (client: string) => `Because a recent request was refused, ${client} asks for a longer number in new browsers.`,
    requested: (client: string) => `${client} asked for this kind of sign-in.`,
    password_only: (client: string) => `${client} asks only for your password.`,
    not_allowed: (client: string) => `${client} is not open to this account.`,
    no_factor: (client: string) => `${client} needs a way of signing in that this account does not have.`,
  },
});

export type Text = Catalogue<ReturnType<typeof en>>;
