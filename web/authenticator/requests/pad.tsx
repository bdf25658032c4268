/* The number of the sign-in page, typed on a pad or a keyboard. Sent only by Approve, because there is one try. */
import { useLayoutEffect } from 'preact/hooks';
import { Delete } from '../../shared/icons';
import { latinDigits } from '../../shared/text';
import { t } from '../text';

interface PadProps {
  digits: number;
  typed: string;
  /* keys may come faster than the page is drawn: each says how to change what there is */
  onType: (change: (typed: string) => string) => void;
}

const KEYS = ['1', '2', '3', '4', '5', '6', '7', '8', '9'];

export function Pad({ digits, typed, onType }: PadProps) {
  const add = (digit: string) => onType((now) => (now.length < digits ? now + digit : now));
  const erase = () => onType((now) => now.slice(0, -1));
  useKeyboard(add, erase, digits);
  return (
    <>
      <p class="slots" dir="ltr" aria-hidden="true" data-digits={digits}>{slots(digits, typed)}</p>
      <p class="vh" role="status">{t.request.enter.typed(typed.length, digits)}</p>
      <div class="pad" dir="ltr" role="group" aria-label={t.request.enter.pad}>
        {KEYS.map((key) => <button type="button" key={key} onClick={() => add(key)}>{key}</button>)}
        <span />
        <button type="button" onClick={() => add('0')}>0</button>
        <button type="button" class="q" aria-label={t.request.enter.erase} onClick={erase}><Delete /></button>
      </div>
    </>
  );
}

function slots(digits: number, typed: string) {
  return Array.from({ length: digits }, (_, at) => (
    <span key={at} class={typed[at] ? 'has' : at === typed.length ? 'cur' : ''}>{typed[at] ?? ''}</span>
  ));
}

/* Digits of any script; a key that is held down types once. */
function useKeyboard(add: (digit: string) => void, erase: () => void, digits: number) {
  useLayoutEffect(() => {
    const press = (event: KeyboardEvent) => {
      if (event.ctrlKey || event.metaKey || event.altKey || event.repeat) return;
      const digit = event.key.length <= 2 ? latinDigits(event.key) : '';
      if (digit.length === 1) add(digit);
      else if (event.key === 'Backspace') erase();
    };
    document.addEventListener('keydown', press);
    return () => document.removeEventListener('keydown', press);
  }, [digits]);
}
