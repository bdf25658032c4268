/*
 * One line to the provider for each account: a stream while the app is in sight, asking otherwise (shared/live.ts says
 * when). A browser opens six connections to a host, so only the first few accounts get a stream.
 */
import { effect } from '@preact/signals';
import { Live } from '../../shared/live';
import { browserLocks } from '../../shared/one_stream';
import { fieldsOf } from '../protocol/client';
import { listen } from '../protocol/stream';
import type { StreamEvent } from '../protocol/event_text';
import type { Account } from '../store/accounts';
import { activeAccounts, alterAccount } from '../store/memory';
import { expireRequests, pollRequests } from './requests';

const STREAMS_MOST = 3;
const TICK_MS = 500;

const lines = new Map<string, Live>();

export function followAccounts(): void {
  effect(() => settle(activeAccounts.value));
  document.addEventListener('visibilitychange', () => settle(activeAccounts.peek()));
  addEventListener('online', askAll);
  addEventListener('pageshow', (event) => { if (event.persisted) settle(activeAccounts.peek()); });
  addEventListener('pagehide', () => lines.forEach((line) => line.stop()));
  setInterval(expireRequests, TICK_MS);
}

/* Ask for each account now: a push came, the person pressed "check now". */
export function askAll(): void {
  lines.forEach((line) => line.nudge());
}

function settle(active: readonly Account[]): void {
  const visible = document.visibilityState === 'visible';
  for (const [id, line] of lines) {
    if (active.some(({ device_id }) => device_id === id)) continue;
    line.stop();
    lines.delete(id);
  }
  for (const [at, account] of active.entries()) {
    const line = lines.get(account.device_id);
    if (line) line.update(true, visible);
    else begin(account, at < STREAMS_MOST, visible);
  }
}

function begin(account: Account, mayStream: boolean, visible: boolean): void {
  const line = new Live({
    locks: mayStream ? browserLocks() : null,
    lockName: `symbolon-device-${account.device_id}`,
    poll: () => pollRequests(account, document.visibilityState === 'visible'),
    openStream: (onState, onTrouble) => openStream(account, onState, onTrouble),
    later: (run, ms) => {
      const timer = setTimeout(run, ms);
      return () => clearTimeout(timer);
    },
  });
  lines.set(account.device_id, line);
  line.update(true, visible);
  line.nudge();
}

function openStream(account: Account, onState: () => void, onTrouble: () => void) {
  const ending = new AbortController();
  const ask = () => void pollRequests(account, document.visibilityState === 'visible');
  const open = () => {
    onState();
    ask();
  };
  listen(account, ending.signal, (event) => take(account, event, ask), open).then((why) => {
    if (ending.signal.aborted) return;
    if (why === 'refused') ask();
    onTrouble();
  });
  return { close: () => ending.abort() };
}

/* Whatever the event says, the truth is asked for. */
function take(account: Account, { name, data }: StreamEvent, ask: () => void): void {
  const isRevoked = name === 'device' && fieldsOf(data)?.state === 'revoked';
  if (isRevoked) void alterAccount(account.device_id, { state: 'revoked' });
  else ask();
}
