/* What stands around every view: the name, the way to add an account, the tabs. */
import { useLayoutEffect, useRef } from 'preact/hooks';
import type { ComponentChildren } from 'preact';
import { HeartPulse, History, Inbox, KeyRound, Plus, type Icon } from '../../shared/icons';
import { t } from '../text';
import { go, route, TABS, type Tab } from './route';

const ICONS: Record<Tab, Icon> = { requests: Inbox, codes: KeyRound, history: History, health: HeartPulse };

export function Frame({ waiting, children }: { waiting: number; children: ComponentChildren }) {
  const main = useRef<HTMLElement>(null);
  const { place } = route.value;
  useFocusOnTurn(main, place);
  return (
    <>
      <a class="skip" href="#main" onClick={(event) => { event.preventDefault(); main.current?.focus(); }}>{t.skip}</a>
      <header class="top">
        <Logo />
        <h1>{t.app}</h1>
        {place !== 'add' && <button class="ghost" type="button" onClick={() => go('add')}><Plus />{t.addAccount}</button>}
      </header>
      <main id="main" ref={main} tabIndex={-1}>{children}</main>
      <nav class="bar" aria-label={t.mainNavigation}>
        {TABS.map((tab) => <TabLink key={tab} tab={tab} waiting={tab === 'requests' ? waiting : 0} />)}
      </nav>
    </>
  );
}

/* A new view is read from its beginning; at the first the focus stays where the browser has it. */
function useFocusOnTurn(main: { current: HTMLElement | null }, place: string) {
  const first = useRef(true);
  useLayoutEffect(() => {
    document.title = [place === 'add' ? t.addAccount : t.tabs[place as Tab], t.app].join(' · ');
    if (!first.current) main.current?.focus({ preventScroll: true });
    if (!first.current) scrollTo(0, 0);
    first.current = false;
  }, [place]);
}

function TabLink({ tab, waiting }: { tab: Tab; waiting: number }) {
  const Sign = ICONS[tab];
  return (
    <a href={`#/${tab}`} aria-current={route.value.place === tab ? 'page' : undefined}>
      <span class="sign"><Sign />{waiting > 0 && <b class="dot" aria-hidden="true">{waiting}</b>}</span>
      {t.tabs[tab]}
      {waiting > 0 && <span class="vh">{t.waiting(waiting)}</span>}
    </a>
  );
}

/* The app's icon, drawn, so that it needs no second request. */
export function Logo() {
  return (
    <svg class="logo" viewBox="0 0 512 512" aria-hidden="true">
      <defs><linearGradient id="logo-g" x1="0" y1="0" x2="1" y2="1"><stop stop-color="#7d6bff" /><stop offset="1" stop-color="#3a1fd6" /></linearGradient></defs>
      <rect width="512" height="512" rx="112" fill="url(#logo-g)" />
      <g transform="translate(54.4 54.4) scale(12.6)">
        <path fill="#fff" d="M20.6 4.06A12.8 12.8 0 0 0 11.4 27.94L19.18 21.6Q21.5 19.7 19.01 18.03L12.99 13.97Q10.5 12.3 12.82 10.4Z" transform="translate(-1.93 .09)" />
        <path fill="#c9c0ff" d="M20.6 4.06A12.8 12.8 0 0 1 11.4 27.94L19.18 21.6Q21.5 19.7 19.01 18.03L12.99 13.97Q10.5 12.3 12.82 10.4Z" transform="translate(1.93 -.09)" />
      </g>
    </svg>
  );
}
