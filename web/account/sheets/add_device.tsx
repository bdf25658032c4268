/* A device joins: scan, or type the code there; then type here the six digits that it shows. */
import { useEffect, useRef, useState } from 'preact/hooks';
import { Boxes } from '../../shared/boxes';
import { Button } from '../../shared/button';
import { clockText, durationText } from '../../shared/countdown';
import { Clock, CircleAlert, RotateCw, Smartphone, TriangleAlert } from '../../shared/icons';
import { Token, type TokenState } from '../../shared/mark';
import { QrCode } from '../../shared/qr';
import { useSecondsLeft } from '../../shared/seconds_left';
import { visibleName } from '../../shared/text';
import { closeSheet, problem } from '../account';
import { t } from '../text';
import { Complaint, CopyButton, ProblemNote, SheetHead, submitted, WaitButton } from '../views/parts';
import { begin, code, confirm, deadline, enrolment, leave, link, refuse } from './enrol';

export function AddDevice() {
  useEffect(() => {
    void begin();
    return leave;
  }, []);
  switch (enrolment.value?.state) {
    case 'open': return <Show />;
    case 'confirm': return <Digits />;
    case 'active': return <Active />;
    case 'void': return <Ended />;
    case 'expired': return <Ended />;
    case undefined: return <Preparing />;
  }
}

function Preparing() {
  return (
    <>
      <SheetHead title={t.enrol.title} lead={t.enrol.scanLead} />
      {problem.value ? <><ProblemNote /><WaitButton look="pri" onClick={() => void begin()}>{t.tryAgain}</WaitButton></> : <div class="qr" aria-busy="true" />}
    </>
  );
}

/* ---- the code ---- */

function Show() {
  const address = `${location.host}/a/`;
  return (
    <>
      <SheetHead title={t.enrol.scan} lead={t.enrol.scanLead} />
      <QrCode text={link.value} label={t.enrol.qr} missing={t.enrol.qrMissing} />
      <Waiting />
      <div class="well typed">
        <h3>{t.enrol.orType}</h3>
        <p class="mut s">{t.enrol.typeLead(`\u2066${address}\u2069`)}</p>
        <p class="key"><bdi dir="ltr">{code.value}</bdi></p>
      </div>
      <div class="ends">
        <CopyButton text={link.value} small={false}>{t.enrol.copyLink}</CopyButton>
        <a class="btn sec wide" href={link.value} target="_blank" rel="noopener"><Smartphone /><span>{t.enrol.thisDevice}</span></a>
      </div>
      <p class="note"><CircleAlert /><span>{t.enrol.note}</span></p>
    </>
  );
}

function Waiting() {
  return (
    <div class="live">
      <Token state="here" />
      <p role="status">{enrolment.value?.contested ? t.enrol.contested : t.enrol.waiting}</p>
      <TimeLeft />
    </div>
  );
}

function TimeLeft() {
  const left = useSecondsLeft(deadline.value);
  if (left === null) return null;
  return <time role="timer" aria-label={`${t.timeLeft}: ${clockText(left)}`} dateTime={durationText(left)}>{clockText(left)}</time>;
}

/* ---- the six digits ---- */

function Digits() {
  const field = useRef<HTMLInputElement>(null);
  const [digits, setDigits] = useState('');
  const [attempt, setAttempt] = useState(0);
  const [short, setShort] = useState(false);
  useEffect(() => field.current?.focus(), []);
  const send = () => {
    setShort(digits.length < 6);
    setAttempt(attempt + 1);
    if (digits.length === 6) void confirm(digits);
    else field.current?.focus();
  };
  return (
    <>
      <SheetHead title={t.enrol.found(foundName())} lead={t.enrol.foundLead} />
      {enrolment.value?.contested && <p class="note warn" role="alert"><TriangleAlert /><span>{t.enrol.contested}</span></p>}
      <form class="acts" onSubmit={submitted(send)} noValidate>
        <div class="field">
          <Boxes field={field} digits={digits} onDigits={setDigits} label={t.enrol.label} wrong={short} describedBy="digits-wrong" first />
          <Complaint id="digits-wrong" text={short ? t.enrol.short : ''} attempt={attempt} />
        </div>
        <ProblemNote />
        <WaitButton look="pri" type="submit">{t.enrol.confirm}</WaitButton>
        <Button onClick={() => void refuse()}>{t.enrol.notMine}</Button>
      </form>
      <p class="live"><Clock /><span>{t.timeLeft}</span><TimeLeft /></p>
    </>
  );
}

function foundName(): string {
  return visibleName(enrolment.value?.device ?? '', t.names.device);
}

/* ---- endings ---- */

function Active() {
  return <End token="ok" title={t.enrol.active(foundName())} lead={t.enrol.activeLead}><Button look="pri" onClick={closeSheet}>{t.done}</Button></End>;
}

function Ended() {
  const now = enrolment.value;
  const words = now?.wrong ? t.enrol.wrong : now?.contested ? t.enrol.taken : now?.state === 'void' ? t.enrol.stopped : t.enrol.expired;
  return (
    <End token={now?.wrong ? 'miss' : now?.contested ? 'bad' : 'gone'} title={words.title} lead={words.lead}>
      <ProblemNote />
      <WaitButton look="pri" icon={RotateCw} onClick={() => void begin()}>{t.enrol.again}</WaitButton>
      <Button onClick={closeSheet}>{t.close}</Button>
    </End>
  );
}

export function End({ token, title, lead, children }: { token: TokenState; title: string; lead: string; children: preact.ComponentChildren }) {
  const top = useRef<HTMLDivElement>(null);
  useEffect(() => top.current?.querySelector<HTMLElement>('h2')?.focus(), []);
  return (
    <div class="end" ref={top}>
      <Token state={token} large join={token === 'ok'} />
      <div role="status"><SheetHead title={title} lead={lead} onClose={closeSheet} /></div>
      <div class="acts">{children}</div>
    </div>
  );
}
