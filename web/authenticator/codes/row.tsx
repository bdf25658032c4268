/* One code: tap to copy, or to show it first where codes are hidden. */
import { useEffect, useState } from 'preact/hooks';
import { Avatar } from '../../shared/avatar';
import { EllipsisVertical } from '../../shared/icons';
import { announce } from '../shell/announce';
import { nameOf } from '../vault/code';
import type { Entry } from '../vault/entry';
import { codeSpaced, type Shown } from '../vault/totp';
import { codeCopy } from './clipboard';
import { Pin } from './icons';
import { named, Names } from './parts';
import { prefs } from './prefs';
import { Ring } from './ring';
import { c } from './text';
import { secondsLeft, useCodes } from './use_codes';

const REVEALED_MS = 20_000;
const NEXT_FROM_S = 10;

export async function copyAndSay(code: string): Promise<void> {
  announce((await codeCopy(code)) ? c.copied : c.copyFailed);
}

export function Row({ entry, onMore }: { entry: Entry; onMore: () => void }) {
  const shown = useCodes(entry);
  const [hidden, reveal] = useHidden();
  const tap = () => (hidden ? reveal() : shown && void copyAndSay(shown.now));
  const name = named(entry);
  return (
    <li class="code card">
      <button class="code-main" type="button" onClick={tap}>
        <Avatar id={entry.issuer || entry.account} name={nameOf(entry)} />
        <span class="code-body">
          <span class="vh">{entry.pinned && `${c.pinned}. `}{hidden ? c.reveal(name) : c.copy(name)}{!hidden && shown && `: ${[...shown.now].join(' ')}`}</span>
          <span class="code-names" aria-hidden="true"><Names code={entry} />{entry.pinned && <Pin />}</span>
          <Digits shown={shown} hidden={hidden} digits={entry.digits} />
        </span>
      </button>
      {shown && <Ring shown={shown} period={entry.period} />}
      <button class="icon" type="button" aria-label={c.actions(name)} onClick={onMore}><EllipsisVertical /></button>
    </li>
  );
}

function Digits({ shown, hidden, digits }: { shown: Shown | null; hidden: boolean; digits: number }) {
  const next = prefs.value.next && !hidden && shown && secondsLeft(shown) <= NEXT_FROM_S ? shown.next : null;
  return (
    <span class="code-digits" aria-hidden="true">
      <span class={hidden || !shown ? 'o dots' : 'o'} data-long={digits > 6}>{hidden || !shown ? codeSpaced('•'.repeat(digits)) : codeSpaced(shown.now)}</span>
      <span class="code-next" data-shown={next !== null}>{next && codeSpaced(next)}</span>
    </span>
  );
}

/* A tap shows a hidden code for a moment. */
function useHidden(): [boolean, () => void] {
  const [revealed, setRevealed] = useState(false);
  useEffect(() => {
    if (!revealed) return;
    const timer = setTimeout(() => setRevealed(false), REVEALED_MS);
    return () => clearTimeout(timer);
  }, [revealed]);
  return [prefs.value.hide && !revealed, () => setRevealed(true)];
}
