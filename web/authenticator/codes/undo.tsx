/* "It was removed. Undo": stays for a while, and longer while it has the focus or the pointer. */
import { signal } from '@preact/signals';
import { useEffect, useState } from 'preact/hooks';
import { RotateCcw } from './icons';
import { c } from './text';

const TIME_SHOWN_MS = 10_000;

interface Offer { text: string; undo: () => void }
const offer = signal<Offer | null>(null);

export function undoOffer(text: string, undo: () => void): void {
  offer.value = { text, undo };
}

export function Undo() {
  const now = offer.value;
  const [held, setHeld] = useState(false);
  useEffect(() => {
    if (!now || held) return;
    const timer = setTimeout(() => { offer.value = null; }, TIME_SHOWN_MS);
    return () => clearTimeout(timer);
  }, [now, held]);
  const take = () => {
    offer.value = null;
    setHeld(false);
    now?.undo();
  };
  return (
    <div class="undo" data-shown={now !== null} onPointerEnter={() => setHeld(true)} onPointerLeave={() => setHeld(false)} onFocusIn={() => setHeld(true)} onFocusOut={() => setHeld(false)}>
      <p role="status">{now?.text}</p>
      {now && <button type="button" onClick={take}><RotateCcw />{c.undo}</button>}
    </div>
  );
}
