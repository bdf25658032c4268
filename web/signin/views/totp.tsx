/*
 * A code from an authenticator app. The boxes are painted behind one real input, so paste, fill-in and screen readers
 * just work. Most codes have six digits, some apps make seven or eight: the page cannot know, so more boxes appear as
 * more is typed.
 */
import { useEffect, useRef, useState } from 'preact/hooks';
import { latinDigits } from '../../shared/text';
import { proveTotp } from '../login';
import { t } from '../text';
import { Complaint, FormEnd, submitted, useComplaint } from './forms';
import { Head, NoticeNote, WhyLine } from './parts';

const FEWEST = 6;
const MOST = 8;

export function Totp() {
  const field = useRef<HTMLInputElement>(null);
  const [digits, setDigits] = useState('');
  const complaint = useComplaint(field, ['wrong_code', 'used_code'], () => setDigits(''));
  const send = () => {
    const enough = digits.length >= FEWEST;
    complaint.setMissing(enough ? '' : t.totp.short);
    if (enough) void proveTotp(digits);
    else field.current?.focus();
  };
  return (
    <>
      <Head title={t.totp.title}><p>{t.totp.lead}</p></Head>
      <WhyLine />
      <NoticeNote except={['wrong_code', 'used_code']} />
      <form class="acts" onSubmit={submitted(send)} noValidate>
        <div class="field">
          <Boxes field={field} digits={digits} onDigits={setDigits} wrong={complaint.text !== ''} />
          <Complaint id="totp-wrong" text={complaint.text} />
        </div>
        <FormEnd>{t.continue}</FormEnd>
      </form>
    </>
  );
}

interface BoxesProps {
  field: { current: HTMLInputElement | null };
  digits: string;
  onDigits: (digits: string) => void;
  wrong: boolean;
}

function Boxes({ field, digits, onDigits, wrong }: BoxesProps) {
  const caret = useCaret(field);
  const boxes = digits.length > FEWEST ? MOST : FEWEST;
  const type = (input: HTMLInputElement) => {
    const clean = latinDigits(input.value).slice(0, MOST);
    /* also when the digits are the same as before: a letter was typed, and must go */
    if (input.value !== clean) input.value = clean;
    onDigits(clean);
  };
  return (
    <div class={boxes === FEWEST ? 'otp' : 'otp eight'} dir="ltr">
      <input name="code" data-first ref={field} value={digits} aria-label={t.totp.label} inputMode="numeric" autocomplete="one-time-code"
        maxLength={16} aria-invalid={wrong ? 'true' : undefined} aria-describedby="totp-wrong" enterKeyHint="go"
        onInput={(event) => type(event.currentTarget)} />
      {Array.from({ length: boxes }, (_, at) => <span key={at} class={boxClass(digits, at, caret, boxes)} aria-hidden="true">{digits[at] ?? ''}</span>)}
    </div>
  );
}

function boxClass(digits: string, at: number, caret: number, boxes: number): string {
  const here = at === Math.min(caret, boxes - 1);
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
