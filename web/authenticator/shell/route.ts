/*
 * Where the app is, kept in the fragment so that Back works and no server hears of it.
 *
 *   #/requests  #/codes  #/history  #/health   the tabs; what follows ("#/codes/add") belongs to the tab
 *   #/add                                       adding an account
 *   #e1.<id>.<secret>                           an enrolment link
 *   #c.<id>                                     a request, from a notification
 */
import { signal } from '@preact/signals';

export const TABS = ['requests', 'codes', 'history', 'health'] as const;
export type Tab = (typeof TABS)[number];
export type Place = Tab | 'add';

export interface Route {
  place: Place;
  /* "add/scan" of "#/codes/add/scan" */
  rest: string;
}

/* What a link brought along; it is taken out of the address at once. */
export type Arrival = { kind: 'enrolment'; link: string } | { kind: 'challenge'; id: string } | null;

const PLACES: readonly string[] = [...TABS, 'add'];
const ID = /^[A-Za-z0-9_-]{22}$/;

export const route = signal<Route>({ place: 'requests', rest: '' });
export const arrival = signal<Arrival>(null);

export function routeOf(fragment: string): Route {
  const [place = '', ...rest] = fragment.replace(/^#\/?/, '').split('/');
  return PLACES.includes(place) ? { place: place as Place, rest: rest.join('/') } : { place: 'requests', rest: '' };
}

export function arrivalOf(fragment: string): Arrival {
  if (fragment.startsWith('#e1.')) return { kind: 'enrolment', link: fragment };
  const id = fragment.startsWith('#c.') ? fragment.slice(3) : '';
  return ID.test(id) ? { kind: 'challenge', id } : null;
}

/* Reads the address now and whenever it changes. */
export function followAddress(): void {
  readAddress();
  addEventListener('hashchange', readAddress);
}

function readAddress(): void {
  const came = arrivalOf(location.hash);
  if (came) {
    /* a secret does not stay in the address or the history */
    history.replaceState(null, '', came.kind === 'enrolment' ? '#/add' : '#/requests');
    arrival.value = came;
  }
  const next = routeOf(location.hash);
  const now = route.peek();
  if (next.place !== now.place || next.rest !== now.rest) route.value = next;
}

export function go(place: Place, rest = ''): void {
  location.hash = rest ? `#/${place}/${rest}` : `#/${place}`;
}
