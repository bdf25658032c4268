/* The pieces that several cards and sheets share. */
import type { ComponentChildren } from 'preact';
import { useState } from 'preact/hooks';
import { announce } from '../../shared/announce';
import { Button } from '../../shared/button';
import { clockText } from '../../shared/countdown';
import { Check, ChevronRight, CircleAlert, Copy, Laptop, Monitor, Smartphone, WifiOff, X, type Icon } from '../../shared/icons';
import { useSecondsLeft } from '../../shared/seconds_left';
import { busy, leaveSheet, problem, waitDeadline } from '../account';
import { t } from '../text';

export type Tone = 'pri' | 'ok' | 'warn' | 'bad' | 'mut';

export function Card({ id, title, action, children }: { id: string; title: string; action?: ComponentChildren; children: ComponentChildren }) {
  return (
    <section class="card" aria-labelledby={id}>
      <header><h2 id={id} tabIndex={-1}>{title}</h2>{action}</header>
      {children}
    </section>
  );
}

interface RowProps {
  icon: Icon;
  tone?: Tone;
  title: ComponentChildren;
  pill?: ComponentChildren;
  /* one line under the title */
  detail?: ComponentChildren;
  children?: ComponentChildren;
}

export function Row({ children, ...words }: RowProps) {
  return <li><RowWords {...words} />{children}</li>;
}

/* A row that is one large button: what it says, and more behind it. */
export function RowButton({ aside, onClick, ...words }: Omit<RowProps, 'children'> & { aside?: ComponentChildren; onClick: () => void }) {
  return (
    <li class="press">
      <button type="button" onClick={onClick} aria-haspopup="dialog"><RowWords {...words} />{aside}<ChevronRight /></button>
    </li>
  );
}

function RowWords({ icon: Sign, tone = 'pri', title, pill, detail }: Omit<RowProps, 'children'>) {
  return (
    <>
      <span class={`ic ${tone}`}><Sign /></span>
      <span class="grow">
        <span class="t"><span>{title}</span>{pill}</span>
        {detail && <span class="d">{detail}</span>}
      </span>
    </>
  );
}

export function Pill({ tone, icon: Sign, children }: { tone: Tone; icon?: Icon; children: ComponentChildren }) {
  return <span class={`pill ${tone}`}>{Sign && <Sign />}{children}</span>;
}

export function Empty({ icon: Sign, title, children }: { icon: Icon; title: string; children?: ComponentChildren }) {
  return <div class="empty"><span class="ic mut"><Sign /></span><p><b>{title}</b></p><p>{children}</p></div>;
}

/* ---- sheets ---- */

export const SHEET_TITLE = 'sheet-title';

export function SheetHead({ title, lead, onClose = leaveSheet }: { title: string; lead?: ComponentChildren; onClose?: () => void }) {
  return (
    <div class="sheet-head">
      <h2 id={SHEET_TITLE} tabIndex={-1}>{title}</h2>
      <button class="icon" type="button" aria-label={t.close} onClick={onClose}><X /></button>
      {lead && <p>{lead}</p>}
    </div>
  );
}

/* A choice with two ends, the careful one as easy as the other. */
export function Choice({ yes, onYes, look = 'bad', no = t.cancel, onNo = leaveSheet }: { yes: string; onYes: () => void; look?: 'bad' | 'pri'; no?: string; onNo?: () => void }) {
  return (
    <div class="ends">
      <Button onClick={onNo}>{no}</Button>
      <WaitButton look={look} onClick={onYes}>{yes}</WaitButton>
    </div>
  );
}

export function ProblemNote() {
  const wrong = problem.value;
  if (!wrong) return null;
  const Sign = wrong.kind === 'offline' ? WifiOff : CircleAlert;
  return (
    <p class="note warn" role="alert">
      <Sign />
      <span>{t.problems[wrong.kind]}{wrong.message && <span class="line mut" dir="auto">{wrong.message}</span>}</span>
    </p>
  );
}

/* A button that waits out what the server asked for, and says how long. */
export function WaitButton(props: { children: string; look?: 'pri' | 'sec' | 'tint' | 'bad'; type?: 'button' | 'submit'; icon?: Icon; onClick?: () => void }) {
  const { children, ...rest } = props;
  const left = useSecondsLeft(waitDeadline.value);
  const waiting = left !== null && left > 0;
  return <Button {...rest} busy={busy.value} disabled={waiting}>{waiting ? t.tryAgainIn(clockText(left)) : children}</Button>;
}

/* Keyed by the attempt, so that the same complaint twice is announced twice. */
export function Complaint({ id, text, attempt }: { id: string; text: string; attempt: number }) {
  return <p class="wrong" id={id} role="alert" key={attempt}>{text && <><CircleAlert /><span dir="auto">{text}</span></>}</p>;
}

export function submitted(send: () => void): (event: Event) => void {
  return (event) => {
    event.preventDefault();
    if (!busy.peek()) send();
  };
}

export function CopyButton({ text, children = t.copy, label, small = true }: { text: string; children?: string; label?: string; small?: boolean }) {
  const [copied, setCopied] = useState(false);
  const copy = async () => {
    try {
      await navigator.clipboard.writeText(text);
      setCopied(true);
      announce(t.copied);
    } catch {
      announce(t.copyFailed);
    }
  };
  return <Button look="tint" small={small} icon={copied ? Check : Copy} label={label} onClick={() => void copy()}>{copied ? t.copied : children}</Button>;
}

export function machineIcon(words: string): Icon {
  if (/iphone|android|ipad|phone|mobile/i.test(words)) return Smartphone;
  return /windows|desktop/i.test(words) ? Monitor : Laptop;
}
