/* Around everything: whose house, where to go, the way out. */
import { signal } from '@preact/signals';
import type { ComponentChildren } from 'preact';
import { useLayoutEffect, useRef } from 'preact/hooks';
import { Announcement } from '../../shared/announce';
import { Button } from '../../shared/button';
import { LogIn, LogOut, WifiOff } from '../../shared/icons';
import { Token } from '../../shared/mark';
import { plainName } from '../../shared/text';
import { webUrl } from '../../shared/url';
import { busy, look, lineLost, over, overview, signOut } from '../account';
import { organisationName } from '../names';
import { t } from '../text';

/* "#history" is a page of its own; every other word leads to a part of the first one. */
export const place = signal<'home' | 'past'>('home');

export function followAddress(): void {
  const read = () => {
    place.value = location.hash === '#history' ? 'past' : 'home';
  };
  read();
  addEventListener('hashchange', read);
}

export function Frame({ children }: { children: ComponentChildren }) {
  const now = overview.value;
  useTitleAndFocus();
  return (
    <>
      <a class="skip" href="#hi">{t.skip}</a>
      <header class="head">
        <a class="home" href="#"><Logo /><b><bdi>{organisationName(now)}</bdi></b></a>
        {now?.access === 'full' && <Sections />}
        {!over.value && now && <Button small look="quiet" icon={LogOut} busy={busy.value} onClick={() => void signOut()}>{t.signOut}</Button>}
      </header>
      <main>
        {lineLost.value && <p class="note warn" role="status"><WifiOff /><span>{t.lost}</span></p>}
        {children}
      </main>
      <Footer />
      <Announcement />
    </>
  );
}

/* Like the icon of the app. */
function Logo() {
  return (
    <svg class="logo" viewBox="0 0 32 32" aria-hidden="true">
      <path d="M20.6 4.06A12.8 12.8 0 0 0 11.4 27.94L19.18 21.6Q21.5 19.7 19.01 18.03L12.99 13.97Q10.5 12.3 12.82 10.4Z" />
      <path class="far" d="M20.6 4.06A12.8 12.8 0 0 1 11.4 27.94L19.18 21.6Q21.5 19.7 19.01 18.03L12.99 13.97Q10.5 12.3 12.82 10.4Z" />
    </svg>
  );
}

function Sections() {
  const links = [['#devices', t.devices.title], ['#sessions', t.sessions.short], ['#history', t.history.short]] as const;
  return (
    <nav aria-label={t.sections}>
      {links.map(([href, words]) => <a key={href} href={href} aria-current={href === '#history' && place.value === 'past' ? 'page' : undefined}>{words}</a>)}
    </nav>
  );
}

/* Another page takes the focus to its heading; a word in the address to the part that it names. */
function useTitleAndFocus() {
  const first = useRef(true);
  const key = over.value ?? place.value;
  useLayoutEffect(() => {
    const heading = document.querySelector('h1')?.textContent;
    document.title = [heading && key === 'past' ? heading : t.title, plainName(overview.value?.organisation.name ?? '')].filter(Boolean).join(' · ');
  });
  useLayoutEffect(() => {
    if (first.current && key === 'home') {
      first.current = false;
      return;
    }
    first.current = false;
    const part = key === 'home' ? document.getElementById(location.hash.slice(1)) : null;
    (part ?? document.querySelector<HTMLElement>('h1'))?.focus({ preventScroll: part === null });
    if (!part) scrollTo(0, 0);
  }, [key]);
}

function Footer() {
  const help = webUrl(overview.value?.organisation.help_url ?? null);
  const privacy = webUrl(overview.value?.organisation.privacy_url ?? null);
  return (
    <footer>
      <span><bdi>{organisationName(overview.value)}</bdi></span>
      {help && <a href={help} target="_blank" rel="noopener">{t.help}</a>}
      {privacy && <a href={privacy} target="_blank" rel="noopener">{t.privacy}</a>}
    </footer>
  );
}

/* Nothing to show, and what to do about it. */
export function Over() {
  const why = over.value;
  if (!why) return <section class="card alone" aria-busy="true"><Token state="here" large /><p role="status">{t.loading}</p></section>;
  const words = t.over[why];
  const again = why === 'trouble' || why === 'offline';
  return (
    <section class="card alone">
      <Token state={why === 'signed_out' ? 'rest' : 'gone'} large />
      <div role="alert"><h1 id="hi" tabIndex={-1}>{words.title}</h1><p class="mut">{words.lead}</p></div>
      {again ? <Button look="pri" onClick={() => void look()}>{t.tryAgain}</Button> : <a class="btn pri wide" href="/account/login"><LogIn /><span>{t.signIn}</span></a>}
    </section>
  );
}
