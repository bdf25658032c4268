/* The time that a code has left, drawn; the seconds in it change with the shared clock. */
import type { Shown } from '../vault/totp';
import { rightNow } from './clock';
import { secondsLeft } from './use_codes';

const SOON_S = 5;

export function Ring({ shown, period }: { shown: Shown; period: number }) {
  const left = secondsLeft(shown);
  return (
    <span class="ring" data-soon={left <= SOON_S} aria-hidden="true">
      <Circle shown={shown} period={period} key={`${shown.step}`} />
      <span>{left > 99 ? `${Math.ceil(left / 60)}m` : left}</span>
    </span>
  );
}

/* Runs by itself from the moment it is drawn; drawn anew at each step. */
function Circle({ shown, period }: { shown: Shown; period: number }) {
  const begin = (circle: SVGCircleElement | null) => {
    if (!circle || circle.style.getPropertyValue('--life')) return;
    const gone_s = period - (shown.ends_ms - rightNow()) / 1000;
    circle.style.setProperty('--life', `${period}s`);
    circle.style.setProperty('--gone', `${Math.min(Math.max(gone_s, 0), period)}s`);
  };
  return (
    <svg viewBox="0 0 36 36">
      <circle cx="18" cy="18" r="15.5" />
      <circle class="p" cx="18" cy="18" r="15.5" pathLength="100" ref={begin} />
    </svg>
  );
}
