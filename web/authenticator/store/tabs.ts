/* What tabs and the service worker tell each other. */
export type Word =
  /* a push or an answer in the worker: ask the provider again */
  | { kind: 'ask' }
  /* a notification was pressed: show this request */
  | { kind: 'open'; id: string }
  /* a test message came through and was echoed */
  | { kind: 'echoed'; at: number }
  /* accounts or settings changed */
  | { kind: 'changed' };

const KINDS: readonly string[] = ['ask', 'open', 'echoed', 'changed'] satisfies Word['kind'][];
const channel = typeof BroadcastChannel === 'function' ? new BroadcastChannel('symbolon') : null;

export function tell(word: Word): void {
  channel?.postMessage(word);
}

export function hear(listener: (word: Word) => void): void {
  channel?.addEventListener('message', ({ data }) => {
    if (KINDS.includes((data as Word | null)?.kind ?? '')) listener(data as Word);
  });
}
