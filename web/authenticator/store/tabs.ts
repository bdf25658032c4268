/* What tabs and the service worker tell each other. */
export type Word =
  /* a push or an answer in the worker: ask the provider again */
  | { kind: 'ask' }
  /* a notification was pressed: show this request */
  | { kind: 'open'; id: string }
  /* this device answered, in another tab or from the notification */
  | { kind: 'answered'; id: string; state: 'approved' | 'denied' | 'wrong' }
  /* a test message came through and was echoed */
  | { kind: 'echoed'; at: number }
  /* accounts or settings changed */
  | { kind: 'changed' };

const KINDS: readonly string[] = ['ask', 'open', 'answered', 'echoed', 'changed'] satisfies Word['kind'][];
let opened: BroadcastChannel | null = null;

function channel(): BroadcastChannel | null {
  if (typeof BroadcastChannel === 'function') opened ??= new BroadcastChannel('symbolon');
  return opened;
}

export function tell(word: Word): void {
  channel()?.postMessage(word);
}

export function hear(listener: (word: Word) => void): void {
  channel()?.addEventListener('message', ({ data }) => {
    if (KINDS.includes((data as Word | null)?.kind ?? '')) listener(data as Word);
  });
}
