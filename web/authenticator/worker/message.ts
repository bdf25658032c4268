/* What a push says: which request, or which test. It is a hint that anybody may have made; the truth is fetched. */
export type Message = { kind: 'challenge'; id: string } | { kind: 'test'; nonce: string } | { kind: 'unknown' };

const ID = '([A-Za-z0-9_-]{16,64})';
const CHALLENGE = new RegExp(`/a/#c\\.${ID}$`);
const TEST = new RegExp(`/a/#t\\.${ID}$`);

export function readMessage(text: string | null): Message {
  const navigate = addressIn(text);
  const id = CHALLENGE.exec(navigate)?.[1];
  if (id) return { kind: 'challenge', id };
  const nonce = TEST.exec(navigate)?.[1];
  return nonce ? { kind: 'test', nonce } : { kind: 'unknown' };
}

function addressIn(text: string | null): string {
  try {
    const value = JSON.parse(text ?? '') as { notification?: { navigate?: unknown } } | null;
    const navigate = value?.notification?.navigate;
    return typeof navigate === 'string' && navigate.length < 1024 ? navigate : '';
  } catch {
    return '';
  }
}
