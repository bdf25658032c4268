/* Codes from an authenticator app: scan or type the key, and type back a code, so that nobody is left with a key that does not work. */
import { signal } from '@preact/signals';
import { useEffect, useRef, useState } from 'preact/hooks';
import { Boxes } from '../../shared/boxes';
import { Button } from '../../shared/button';
import { RotateCw, Smartphone } from '../../shared/icons';
import { QrCode } from '../../shared/qr';
import { change, closeSheet, overview, problem } from '../account';
import * as api from '../api';
import { readTotpOffer, type TotpOffer } from '../model';
import { personName } from '../names';
import { t } from '../text';
import { Complaint, CopyButton, ProblemNote, SheetHead, submitted, WaitButton } from '../views/parts';
import { End } from './add_device';

type Stage = { kind: 'asking' } | { kind: 'shown'; offer: TotpOffer } | { kind: 'on' } | { kind: 'late' };
const stage = signal<Stage>({ kind: 'asking' });

export function AddTotp() {
  useEffect(() => {
    void begin();
    return () => { stage.value = { kind: 'asking' }; };
  }, []);
  const now = stage.value;
  if (now.kind === 'shown') return <Offer offer={now.offer} />;
  if (now.kind === 'on') return <End token="ok" title={t.totp.on} lead={t.totp.onLead}><Button look="pri" onClick={closeSheet}>{t.done}</Button></End>;
  if (now.kind === 'late') return <End token="gone" title={t.totp.expired} lead={t.totp.expiredLead}><ProblemNote /><WaitButton look="pri" icon={RotateCw} onClick={() => void begin()}>{t.tryAgain}</WaitButton></End>;
  return (
    <>
      <SheetHead title={t.totp.scan} lead={t.totp.scanLead} />
      {problem.value ? <><ProblemNote /><WaitButton look="pri" onClick={() => void begin()}>{t.tryAgain}</WaitButton></> : <div class="qr" aria-busy="true" />}
    </>
  );
}

async function begin(): Promise<void> {
  const offer = readTotpOffer(await change(() => api.beginTotp('')));
  if (offer) stage.value = { kind: 'shown', offer };
}

function Offer({ offer }: { offer: TotpOffer }) {
  return (
    <>
      <SheetHead title={t.totp.scan} lead={t.totp.scanLead} />
      <QrCode text={offer.otpauth} label={t.totp.qr} missing={t.totp.qrMissing} />
      <div class="well typed">
        <h3>{t.totp.key}</h3>
        <p class="key long"><bdi dir="ltr">{inFours(offer.secret)}</bdi></p>
        {overview.value && <p class="mut s">{t.totp.keyFacts(personName(overview.value))}</p>}
        <div class="ends"><CopyButton text={offer.secret}>{t.totp.copyKey}</CopyButton><a class="btn sec sm" href={offer.otpauth}><Smartphone /><span>{t.totp.open}</span></a></div>
      </div>
      <CodeForm offer={offer} />
    </>
  );
}

function CodeForm({ offer }: { offer: TotpOffer }) {
  const field = useRef<HTMLInputElement>(null);
  const [digits, setDigits] = useState('');
  const [wrong, setWrong] = useState('');
  const [attempt, setAttempt] = useState(0);
  const complain = (words: string) => {
    setWrong(words);
    setAttempt(attempt + 1);
    field.current?.focus();
  };
  const send = async () => {
    if (digits.length < offer.digits) return complain(t.totp.short);
    const done = await change(() => api.confirmTotp(offer.id, digits), (error) => {
      if (error === 'over') stage.value = { kind: 'late' };
      else if (error === 'wrong_code' || error === 'used_code') {
        setDigits('');
        complain(error === 'used_code' ? t.totp.used : t.totp.wrong);
      } else return false;
      return true;
    });
    if (done !== null) stage.value = { kind: 'on' };
  };
  return (
    <form class="acts" onSubmit={submitted(() => void send())} noValidate>
      <div class="field">
        <h3 id="code-label">{t.totp.code}</h3>
        <Boxes field={field} digits={digits} onDigits={setDigits} label={t.totp.label} wrong={wrong !== ''} describedBy="code-wrong" most={offer.digits > 6 ? 8 : 6} />
        <Complaint id="code-wrong" text={wrong} attempt={attempt} />
      </div>
      <ProblemNote />
      <WaitButton look="pri" type="submit">{t.totp.turnOn}</WaitButton>
    </form>
  );
}

/* As people read and type it. */
export function inFours(secret: string): string {
  return secret.replace(/[\s=]/g, '').replace(/(.{4})(?=.)/g, '$1 ');
}
