/* "Use another way": always there, and never empty. */
import { useRef } from 'preact/hooks';
import { Button } from '../../shared/button';
import { ChevronRight, Clock, Globe, KeyRound, LifeBuoy, Smartphone, Ticket, X, type Icon } from '../../shared/icons';
import { returnUrl, webUrl } from '../../shared/url';
import { chosen, state, useWay } from '../login';
import type { Factor } from '../state';
import { t } from '../text';
import { isPushPending, otherWays } from '../view';
import { clientName, organisationName } from './parts';

const ICONS: Record<Factor, Icon> = { password: KeyRound, push: Smartphone, totp: Clock, recovery: Ticket, pass: Ticket };

export function AnotherWay({ look = 'sec' }: { look?: 'pri' | 'sec' }) {
  const dialog = useRef<HTMLDialogElement>(null);
  const close = () => dialog.current?.close();
  const pick = (way: Factor) => {
    close();
    useWay(way);
  };
  const closeOnBackdrop = (event: MouseEvent) => {
    if (event.target === dialog.current) close();
  };
  return (
    <>
      <Button look={look} onClick={() => dialog.current?.showModal()}>{t.ways.open}</Button>
      <dialog ref={dialog} aria-labelledby="ways-title" onClick={closeOnBackdrop}>
        <div class="ways">
          <div class="bar">
            <h2 id="ways-title">{t.ways.title}</h2>
            <button class="icon" type="button" aria-label={t.close} onClick={close}><X /></button>
          </div>
          <WayList pick={pick} />
        </div>
      </dialog>
    </>
  );
}

function WayList({ pick }: { pick: (way: Factor) => void }) {
  const ways = otherWays(state.value, chosen.value);
  const help = webUrl(state.value.organisation.help_url);
  const back = returnUrl(state.value.cancel_url);
  return (
    <>
      {ways.length === 0 && <p class="none">{t.ways.none(organisationName())}</p>}
      <ul>
        {ways.map((way) => <li key={way}><WayButton way={way} onClick={() => pick(way)} /></li>)}
        {help && <li><WayLink href={help} icon={LifeBuoy} title={t.ways.help.title} about={t.ways.help.about(organisationName())} apart /></li>}
        {back && <li><WayLink href={back} icon={Globe} title={t.ways.leave.title(clientName())} about={t.ways.leave.about} /></li>}
      </ul>
    </>
  );
}

function WayButton({ way, onClick }: { way: Factor; onClick: () => void }) {
  const Sign = ICONS[way];
  const words = way === 'push' && isPushPending(state.value) ? t.ways.pushBack : t.ways[way];
  return (
    <button class="way" type="button" onClick={onClick}>
      <span class="ic"><Sign /></span>
      <span>{words.title}<small>{words.about}</small></span>
      <ChevronRight />
    </button>
  );
}

function WayLink(props: { href: string; icon: Icon; title: string; about: string; apart?: boolean }) {
  const { href, icon: Sign, title, about, apart = false } = props;
  return (
    <a class="way" href={href} {...(apart ? { target: '_blank', rel: 'noopener' } : {})}>
      <span class="ic mut"><Sign /></span>
      <span>{title}<small>{about}</small></span>
      <ChevronRight />
    </a>
  );
}
