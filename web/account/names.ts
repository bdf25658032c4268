/* Names that others gave, fit to be shown: of devices, browsers, services, people. */
import { foreignName, visibleName } from '../shared/text';
import type { Browser, Device, Entry, Overview, Totp } from './model';
import { t } from './text';

export const deviceName = (device: Pick<Device, 'name'>) => visibleName(device.name, t.names.device);
export const totpName = (totp: Totp) => visibleName(totp.label, t.ways.totp);
/* Without a service it happened on this page. */
export function serviceName({ client }: Entry): string {
  return client && client.id !== 'account' ? visibleName(client.name, t.history.yourService) : t.history.account;
}
export const personName = ({ user }: Overview) => visibleName(user.username, t.names.you);
export const organisationName = (overview: Overview | null) => foreignName(overview?.organisation.name || location.host);

/* The server writes "Firefox on Linux"; the two names are the same in every language. */
export function browserName({ browser }: Pick<Browser, 'browser'>): string {
  const [, program, system] = /^(\S.*) on (\S.*)$/.exec(browser) ?? [];
  if (program && system) return t.names.browserOn(foreignName(program), foreignName(system));
  return visibleName(browser, t.names.browser);
}

/* "Utrecht, NL", else the address; nothing when neither is known. */
export function placeOf({ place, ip }: { place: string; ip: string }): string {
  const known = place || ip;
  return known ? foreignName(known) : '';
}

/* Facts in a row with dots between; the empty ones are left out. */
export const dotted = (...facts: readonly string[]) => facts.filter(Boolean).join(' · ');
