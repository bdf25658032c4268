/* Small pieces that the views of codes share. */
import { useId, useLayoutEffect, useRef, useState } from 'preact/hooks';
import type { ComponentChildren, JSX } from 'preact';
import { ArrowLeft, ChevronRight, CircleAlert, Eye, EyeOff, type Icon } from '../../shared/icons';
import { foreignName } from '../../shared/text';
import { go } from '../shell/route';
import { t } from '../text';
import { nameOf, nameShown, type Code } from '../vault/code';
import type { ProblemCode } from '../vault/problem';
import { problemCode } from './state';
import { c } from './text';

let turned = false;

/* A view is read from its heading when somebody turns to it; at the first one the focus stays where it is. */
export function useHeading() {
  const heading = useRef<HTMLHeadingElement>(null);
  useLayoutEffect(() => {
    if (turned) {
      heading.current?.focus({ preventScroll: true });
      scrollTo(0, 0);
    }
    turned = true;
  }, []);
  return heading;
}

/* A view below the list, with the way back to `parent`. */
export function Page({ title, parent = '', children }: { title: string; parent?: string; children: ComponentChildren }) {
  const heading = useHeading();
  return (
    <section class="codes-page" aria-labelledby="codes-title">
      <div class="page-head">
        <a class="icon" href={parent ? `#/codes/${parent}` : '#/codes'} aria-label={t.back}><ArrowLeft /></a>
        <h2 id="codes-title" ref={heading} tabIndex={-1}>{title}</h2>
      </div>
      {children}
    </section>
  );
}

interface RowLinkProps { icon: Icon; title: string; text?: string; to?: string; onClick?: () => void; tone?: string }

/* One line of a menu: goes somewhere, or does something. */
export function MenuRow({ icon: Sign, title, text, to, onClick, tone = '' }: RowLinkProps) {
  const inside = (
    <>
      <span class={`ic ${tone}`}><Sign /></span>
      <span class="grow"><span class="t">{title}</span>{text && <span class="d">{text}</span>}</span>
      {to !== undefined && <ChevronRight />}
    </>
  );
  return <li class="menu-row">{to !== undefined ? <a href={`#/codes/${to}`}>{inside}</a> : <button type="button" onClick={onClick}>{inside}</button>}</li>;
}

export function Switch({ title, text, on, onChange, disabled = false }: { title: string; text?: string; on: boolean; onChange: (on: boolean) => void; disabled?: boolean }) {
  return (
    <label class="switch">
      <span class="grow"><span class="t">{title}</span>{text && <span class="d">{text}</span>}</span>
      <input type="checkbox" role="switch" checked={on} disabled={disabled} onChange={(event) => onChange(event.currentTarget.checked)} />
    </label>
  );
}

type InputProps = Partial<Pick<JSX.IntrinsicElements['input'], 'dir' | 'class' | 'spellcheck' | 'inputMode'>> & {
  type?: 'text' | 'password';
  placeholder?: string;
  autoComplete?: string;
  autoCapitalize?: string;
  list?: string;
};
interface FieldProps extends InputProps { label: string; hint?: string; value: string; wrong?: string | undefined; onValue: (value: string) => void; after?: ComponentChildren }

export function Field({ label, hint, value, wrong, onValue, after, ...input }: FieldProps) {
  const id = useId();
  const told = [hint && `${id}-hint`, wrong && `${id}-wrong`].filter(Boolean).join(' ');
  return (
    <div class="field">
      <label for={id}>{label}</label>
      <span class="with-after">
        <input {...(input as object)} id={id} value={value} aria-invalid={wrong ? 'true' : undefined} aria-describedby={told || undefined} onInput={(event) => onValue(event.currentTarget.value)} />
        {after}
      </span>
      {hint && <span class="hint" id={`${id}-hint`}>{hint}</span>}
      {wrong && <span class="wrong" id={`${id}-wrong`} role="alert"><CircleAlert /><span>{wrong}</span></span>}
    </div>
  );
}

export function Passphrase({ fresh = false, ...props }: Omit<FieldProps, 'after' | 'type'> & { fresh?: boolean }) {
  const [seen, setSeen] = useState(false);
  const eye = (
    <button class="icon" type="button" aria-pressed={seen} aria-label={c.showPassphrase} onClick={() => setSeen(!seen)}>
      {seen ? <EyeOff /> : <Eye />}
    </button>
  );
  return <Field {...props} type={seen ? 'text' : 'password'} autoComplete={fresh ? 'new-password' : 'current-password'} autoCapitalize="none" spellcheck={false} after={eye} />;
}

export function Wrong({ problem }: { problem: ProblemCode | null }) {
  return problem && <p class="note bad" role="alert"><CircleAlert /><span>{c.problems[problem]}</span></p>;
}

/* Runs what a form asks for, once at a time, and keeps its problem for the form to show. */
export function useWork(): { busy: boolean; problem: ProblemCode | null; run: (work: () => Promise<void>) => Promise<void>; clear: () => void } {
  const [busy, setBusy] = useState(false);
  const [problem, setProblem] = useState<ProblemCode | null>(null);
  const run = async (work: () => Promise<void>) => {
    if (busy) return;
    setBusy(true);
    setProblem(null);
    try {
      await work();
    } catch (error) {
      setProblem(problemCode(error));
    }
    setBusy(false);
  };
  return { busy, problem, run, clear: () => setProblem(null) };
}

export function submitted(work: () => void) {
  return (event: Event) => {
    event.preventDefault();
    work();
  };
}

/* In a sentence of ours. */
export function named(code: Pick<Code, 'issuer' | 'account'>): string {
  return foreignName(nameOf(code));
}

/* The larger and the smaller name of a row. */
export function Names({ code }: { code: Pick<Code, 'issuer' | 'account'> }) {
  const [issuer, account] = [nameShown(code.issuer), nameShown(code.account)];
  return <span class="w"><b dir="auto">{issuer || account}</b>{issuer && account && <span dir="auto">{account}</span>}</span>;
}

export function goList(): void {
  go('codes');
}
