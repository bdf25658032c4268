/* The requests of docs/signin-api.md. */
import { getJson, postJson, type Answer } from '../shared/http';
import type { Stream } from '../shared/live';

const BASE = '/signin/v1';

export type LoginAction = 'identify' | 'password' | 'push' | 'totp' | 'recovery' | 'pass' | 'cancel' | 'consent' | 'finish';

export function fetchState(login: string): Promise<Answer> {
  return getJson(`${BASE}/logins/${encodeURIComponent(login)}`);
}

export function postAction(login: string, action: LoginAction, body: object): Promise<Answer> {
  return postJson(`${BASE}/logins/${encodeURIComponent(login)}/${action}`, body);
}

export function postSignOut(): Promise<Answer> {
  return postJson(`${BASE}/logout`, {});
}

/* EventSource would reconnect by itself, at its own pace and for ever; here the first trouble ends it. */
export function openEvents(login: string, onState: (value: unknown) => void, onTrouble: () => void): Stream {
  const source = new EventSource(`${BASE}/logins/${encodeURIComponent(login)}/events`);
  source.addEventListener('state', (event) => {
    try {
      onState(JSON.parse((event as MessageEvent<string>).data));
    } catch {
      source.close();
      onTrouble();
    }
  });
  source.onerror = () => {
    source.close();
    onTrouble();
  };
  return source;
}
