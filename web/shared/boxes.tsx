/*
 * Digits typed from another screen. The boxes are painted behind one real input, so paste, fill-in and screen readers
 * just work.
 */
import { useEffect, useState } from 'preact/hooks';
import { latinDigits } from './text';

const FEWEST = 6;

interface BoxesProps {
  field: { current: HTMLInputElement | null };
  digits: string;
  onDigits: (digits: string) => void;
  label: string;
  wrong: boolean;
  describedBy: string;
  /* more boxes appear when more than six are typed, up to this many */
  most?: 6 | 8;
  /* takes the focus when its screen arrives */
  first?: boolean;
}

export function Boxes({ field, digits, onDigits, label, wrong, describedBy, most = FEWEST, first = false }: BoxesProps) {
  const caret = useCaret(field);
  const boxes = digits.length > FEWEST ? most : FEWEST;
  const type = (input: HTMLInputElement) => {
    const clean = latinDigits(input.value).slice(0, most);
    /* also when the digits are the same as before: a letter was typed, and must go */
    if (input.value !== clean) input.value = clean;
    onDigits(clean);
  };
  return (
    <div class={boxes === FEWEST ? 'otp' : 'otp eight'} dir="ltr">
      <input name="code" data-first={first ? true : undefined} ref={field} value={digits} aria-label={label} inputMode="numeric" autocomplete="one-time-code"
        maxLength={16} aria-invalid={wrong ? 'true' : undefined} aria-describedby={describedBy} enterKeyHint="go"
        onInput={(event) => type(event.currentTarget)} />
      {Array.from({ length: boxes }, (_, at) => <span key={at} class={boxClass(digits, at, caret, boxes)} aria-hidden="true">{digits[at] ?? ''}</span>)}
    </div>
  );
}

function boxClass(digits: string, at: number, caret: number, boxes: number): string {
  const here = at === Math.min(caret, digits.length, boxes - 1);
  return [digits[at] !== undefined && 'has', here && 'cur'].filter(Boolean).join(' ');
}

/* Where typing would go: the arrow keys still work although the input's own caret is not painted. */
function useCaret(field: { current: HTMLInputElement | null }): number {
  const [caret, setCaret] = useState(0);
  useEffect(() => {
    const look = () => {
      if (document.activeElement === field.current) setCaret(field.current?.selectionStart ?? 0);
    };
    document.addEventListener('selectionchange', look);
    field.current?.addEventListener('input', look);
    look();
    return () => document.removeEventListener('selectionchange', look);
  }, []);
  return caret;
}
