/*
 * At most one event stream per browser. A browser opens six HTTP/1.1 connections per host; eight waiting tabs with a
 * stream each would leave none for the requests that finish a sign-in. The tabs elect the holder with a Web Lock: it
 * is handed on when the holder lets go, and also when its tab is closed or crashes.
 */
export type Locks = Pick<LockManager, 'request'>;

/* The browser's locks, or null where there are none (not a secure context): then nobody holds a stream and all poll. */
export function browserLocks(): Locks | null {
  return typeof navigator === 'object' && navigator.locks ? navigator.locks : null;
}

/*
 * Stand in line for the stream. `onTurn` is called when it is ours; the returned function leaves the line or hands the
 * stream on, and may be called at any time, any number of times.
 */
export function takeTurn(locks: Locks, name: string, onTurn: () => void): () => void {
  const leaving = new AbortController();
  let handOn = () => {};
  const until = new Promise<void>((resolve) => {
    handOn = resolve;
  });
  locks
    .request(name, { signal: leaving.signal }, () => {
      if (!leaving.signal.aborted) onTurn();
      return until;
    })
    .catch(() => {
      /* left the line before the turn came */
    });
  return () => {
    handOn();
    leaving.abort();
  };
}
