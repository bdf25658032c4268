/* A push comes, a notification is pressed: the app may be closed all the while. */
import { getChallenge, getChallenges, postAnswer, postPushEcho, readWaiting } from '../protocol/calls';
import { readDetails, signAnswer } from '../protocol/details';
import { setClockOffset } from '../protocol/clock';
import { listAccounts, type Account } from '../store/accounts';
import { readOne } from '../store/db';
import { tell } from '../store/tabs';
import { readMessage } from './message';
import { wordsFor } from './words';

declare const self: ServiceWorkerGlobalScope;
declare const ICON_URL: string;
declare const BADGE_URL: string;

type Options = NotificationOptions & { actions?: { action: string; title: string }[]; renotify?: boolean };

const words = wordsFor(self.navigator.languages);

/* The notification first, before anything is asked: a push that shows nothing costs the subscription. */
export async function takePush(data: PushMessageData | null): Promise<void> {
  const message = readMessage(data?.text() ?? null);
  if (message.kind === 'challenge') {
    await showRequest(message.id);
    tell({ kind: 'ask' });
    await checkRequest(message.id);
  } else if (message.kind === 'test') {
    await show(words.test, { body: words.testBody, tag: 'test', silent: true });
    await echo(message.nonce);
  } else {
    await show(words.news, { body: words.body, tag: 'news' });
    tell({ kind: 'ask' });
  }
}

export function showRequest(id: string): Promise<void> {
  const actions = [{ action: 'review', title: words.review }, { action: 'deny', title: words.notMe }];
  return show(words.title, { body: words.body, tag: `c.${id}`, data: { id }, requireInteraction: true, renotify: true, actions });
}

function show(title: string, options: Options): Promise<void> {
  return self.registration.showNotification(title, { dir: words.dir, icon: ICON_URL, badge: BADGE_URL, ...options } as NotificationOptions);
}

/* Nobody is to worry about a request that does not exist, or that is over: replayed, forged, late. */
async function checkRequest(id: string): Promise<void> {
  const found = await findRequest(id);
  if (found === null) await show(words.over, { body: words.overBody, tag: `c.${id}`, silent: true });
}

/* The account that it waits for; null when surely none; undefined when nobody could be asked. */
async function findRequest(id: string): Promise<Account | null | undefined> {
  let isSure = true;
  for (const account of await activeAccounts()) {
    const reply = await getChallenges(account);
    const waiting = reply.kind === 'ok' ? readWaiting(reply.body) : null;
    if (waiting?.some((one) => one.id === id)) return account;
    isSure &&= waiting !== null;
  }
  return isSure ? null : undefined;
}

async function activeAccounts(): Promise<Account[]> {
  const offset = await readOne<number>('settings', 'clock_offset_s').catch(() => undefined);
  if (typeof offset === 'number') setClockOffset(offset);
  return (await listAccounts()).filter(({ state }) => state === 'active');
}

async function echo(nonce: string): Promise<void> {
  for (const account of await activeAccounts()) {
    const reply = await postPushEcho(account, nonce);
    if (reply.kind !== 'ok') continue;
    tell({ kind: 'echoed', at: Date.now() });
    return;
  }
}

/* "Not me": a signed deny, with no page open. Approving needs the open app. */
export async function denyRequest(id: string): Promise<void> {
  const outcome = await denyAt(await findRequest(id), id);
  const [title, body] = { sent: [words.stopped, words.stoppedBody], over: [words.over, words.overBody], unsent: [words.unsent, words.unsentBody] }[outcome];
  if (outcome === 'sent') tell({ kind: 'answered', id, state: 'denied' });
  await show(title as string, { body: body as string, tag: `c.${id}`, data: { id, settled: outcome !== 'unsent' } });
  tell({ kind: 'ask' });
}

async function denyAt(account: Account | null | undefined, id: string): Promise<'sent' | 'over' | 'unsent'> {
  if (account === null) return 'over';
  const reply = account && (await getChallenge(account, id));
  if (!account || reply?.kind !== 'ok') return 'unsent';
  const details = await readDetails(reply.text);
  if (!details) return 'unsent';
  const answered = await postAnswer(account, id, await signAnswer(account, details, 'deny'));
  if (answered.kind === 'ok') return 'sent';
  return answered.kind === 'refused' && (answered.status === 409 || answered.status === 410) ? 'over' : 'unsent';
}

/* Bring the app to the front, at this request. */
export async function openApp(id: string | null): Promise<void> {
  const windows = await self.clients.matchAll({ type: 'window', includeUncontrolled: true });
  const ours = windows.find(({ url }) => new URL(url).pathname === '/a/');
  if (!ours) {
    await self.clients.openWindow(id ? `/a/#c.${id}` : '/a/');
    return;
  }
  await ours.focus();
  if (id) tell({ kind: 'open', id });
}

export { activeAccounts };
