/* The card around every question: whose service, which question, whose house. */
import { useLayoutEffect, useRef } from 'preact/hooks';
import type { ComponentChildren } from 'preact';
import { Avatar } from '../../shared/avatar';
import { Token } from '../../shared/mark';
import { plainName } from '../../shared/text';
import { webUrl } from '../../shared/url';
import { key, state } from '../login';
import { t } from '../text';
import { clientName, organisationName } from './parts';

export function Frame({ children, ending }: { children: ComponentChildren; ending: boolean }) {
  const main = useRef<HTMLElement>(null);
  useTitleAndFocus(main);
  return (
    <>
      <main class="card" ref={main}>
        <Service />
        <div class={ending ? 'ask end' : 'ask'} key={key.value}>{children}</div>
      </main>
      <Footer />
    </>
  );
}

/* A new question takes the focus: its field, or its heading. The first one takes it only into a field. */
function useTitleAndFocus(main: { current: HTMLElement | null }) {
  const first = useRef(true);
  const current = key.value;
  useLayoutEffect(() => {
    const heading = main.current?.querySelector('h1');
    document.title = [heading?.textContent, state.value.client && plainName(state.value.client.name)].filter(Boolean).join(' · ');
  });
  /* before the next paint: a key pressed at once must not be lost */
  useLayoutEffect(() => {
    const field = main.current?.querySelector<HTMLElement>('[data-first]');
    const target = field ?? (first.current ? null : main.current?.querySelector('h1'));
    target?.focus({ preventScroll: !field });
    if (!first.current) scrollTo(0, 0);
    first.current = false;
  }, [current]);
}

function Service() {
  const { client } = state.value;
  if (!client) return <div class="svc"><Token /><p><bdi>{organisationName()}</bdi></p></div>;
  const organisation = state.value.organisation.name;
  return (
    <div class="svc">
      <Avatar id={client.id} name={client.name} />
      <p><span class="name">{clientName()}</span><small>{organisation ? t.signInWith(organisationName()) : t.signIn}</small></p>
      <Token />
    </div>
  );
}

function Footer() {
  const { organisation } = state.value;
  const help = webUrl(organisation.help_url);
  const privacy = webUrl(organisation.privacy_url);
  return (
    <footer>
      <span><bdi>{organisationName()}</bdi></span>
      {help && <a href={help} target="_blank" rel="noopener">{t.help}</a>}
      {privacy && <a href={privacy} target="_blank" rel="noopener">{t.privacy}</a>}
    </footer>
  );
}
