/* Who is signed in, and which browsers are known. */
import { Button } from '../../shared/button';
import { LogOut, X } from '../../shared/icons';
import { openSheet, overview } from '../account';
import type { Browser } from '../model';
import { browserName, dotted, placeOf } from '../names';
import { t, when } from '../text';
import { Card, machineIcon, Pill, Row } from './parts';

export function Sessions() {
  const now = overview.value;
  if (!now) return null;
  const others = now.sessions.filter((session) => !session.here);
  const endAll = <Button small look="bad" onClick={() => openSheet('end-others')}>{t.sessions.endOthers}</Button>;
  return (
    <Card id="sessions" title={t.sessions.title} action={others.length > 1 && endAll}>
      <ul class="rows">{hereFirst(now.sessions).map((session) => <SessionRow key={session.id} session={session} now={now.server_time} />)}</ul>
      {others.length === 0 && <p class="foot mut s">{t.sessions.alone}</p>}
    </Card>
  );
}

function SessionRow({ session, now }: { session: Browser; now: number }) {
  const name = browserName(session);
  const seen = session.here ? t.sessions.since(when.brief(session.created_at, now)) : t.sessions.active(when.ago(session.used_at, now));
  return (
    <Row icon={machineIcon(session.browser)} tone={session.here ? 'pri' : 'mut'} title={name} pill={session.here && <Pill tone="pri">{t.sessions.here}</Pill>}
      detail={dotted(placeOf(session), seen)}>
      {!session.here && <button class="icon" type="button" aria-label={t.sessions.end(name)} onClick={() => openSheet('end-session', session.id)}><LogOut /></button>}
    </Row>
  );
}

export function Browsers() {
  const now = overview.value;
  if (!now) return null;
  return (
    <Card id="browsers" title={t.browsers.title}>
      {now.browsers.length > 0
        ? <ul class="rows">{hereFirst(now.browsers).map((browser) => <BrowserRow key={browser.id} browser={browser} now={now.server_time} />)}</ul>
        : <p class="foot mut s">{t.browsers.none}</p>}
    </Card>
  );
}

function BrowserRow({ browser, now }: { browser: Browser; now: number }) {
  const name = browserName(browser);
  return (
    <Row icon={machineIcon(browser.browser)} tone={browser.here ? 'pri' : 'mut'} title={name} pill={browser.here && <Pill tone="pri">{t.sessions.here}</Pill>}
      detail={dotted(placeOf(browser), t.browsers.used(when.ago(browser.used_at || browser.created_at, now)))}>
      <button class="icon" type="button" aria-label={t.browsers.forget(name)} onClick={() => openSheet('forget-browser', browser.id)}><X /></button>
    </Row>
  );
}

function hereFirst(all: readonly Browser[]): Browser[] {
  return [...all].sort((a, b) => Number(b.here) - Number(a.here) || b.used_at - a.used_at);
}
