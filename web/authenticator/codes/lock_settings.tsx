/* Turning the lock on, off, and saying when it falls shut. */
import { useEffect, useState } from 'preact/hooks';
import { Button } from '../../shared/button';
import { LockKeyhole, ShieldCheck } from '../../shared/icons';
import { announce } from '../shell/announce';
import { passphraseNew } from '../vault/passphrase';
import { LockOpen } from './icons';
import { passkeyMake, passkeyMayWork } from './passkey';
import { Page, Passphrase, submitted, Switch, useWork, Wrong } from './parts';
import { LOCK_AFTER, prefs, prefsSet } from './prefs';
import { Prove } from './prove';
import { lock, lockEverywhere, lockRemove, lockSet } from './state';
import { c } from './text';

export function LockSettings() {
  const [doing, setDoing] = useState<'change' | 'off' | null>(null);
  const done = () => setDoing(null);
  return (
    <Page title={c.lockTitle} parent="more">
      {!lock.value && <div class="card form"><p class="mut">{c.lockWhat}</p><NewLock action={c.lockOn} onDone={done} /></div>}
      {lock.value && doing === null && <IsOn onDo={setDoing} />}
      {lock.value && doing !== null && (
        <div class="card form"><Prove key={doing}>{doing === 'change' ? <NewLock action={c.save} onDone={done} /> : <Off onDone={done} />}</Prove></div>
      )}
    </Page>
  );
}

function IsOn({ onDo }: { onDo: (doing: 'change' | 'off') => void }) {
  return (
    <>
      <div class="card form">
        <p class="note ok"><ShieldCheck /><span><b>{c.lockIsOn}.</b> {c.lockWays}: {lock.value?.passkey ? c.wayBoth : c.wayPassphrase}</span></p>
        <fieldset class="picks">
          <legend>{c.lockAfter}</legend>
          {LOCK_AFTER.map((after) => (
            <label key={after}><input type="radio" name="lock-after" checked={prefs.value.lock_after_s === after} onChange={() => prefsSet({ lock_after_s: after })} />{c.after[after]}</label>
          ))}
        </fieldset>
      </div>
      <div class="stack">
        <Button look="tint" icon={LockKeyhole} onClick={lockEverywhere}>{c.lockNow}</Button>
        <Button onClick={() => onDo('change')}>{c.lockChange}</Button>
        <Button icon={LockOpen} onClick={() => onDo('off')}>{c.lockOff}</Button>
      </div>
    </>
  );
}

function NewLock({ action, onDone }: { action: string; onDone: () => void }) {
  const [passphrase, setPassphrase] = useState('');
  const [again, setAgain] = useState('');
  const [differs, setDiffers] = useState(false);
  const [may, setMay] = useState(false);
  const [passkey, setPasskey] = useState(false);
  const { busy, problem, run, clear } = useWork();
  useEffect(() => void passkeyMayWork().then(setMay), []);
  const type = (set: (value: string) => void) => (value: string) => {
    set(value);
    setDiffers(false);
    clear();
  };
  const save = () => run(async () => {
    passphraseNew(passphrase);
    if (passphrase !== again) return setDiffers(true);
    await lockSet(passphrase, passkey ? await passkeyMake() : null);
    announce(c.lockSet);
    onDone();
  });
  const short = problem === 'passphrase_short' || problem === 'passphrase_long';
  return (
    <form class="form inner" noValidate onSubmit={submitted(save)}>
      <Passphrase fresh label={c.lockPass} hint={c.exportPassHow} value={passphrase} wrong={short ? c.problems[problem] : undefined} onValue={type(setPassphrase)} />
      <Passphrase fresh label={c.lockPassAgain} value={again} wrong={differs ? c.differs : undefined} onValue={type(setAgain)} />
      {may && <Switch title={c.lockPasskey} text={c.lockPasskeyHow} on={passkey} onChange={setPasskey} />}
      {!short && <Wrong problem={problem} />}
      <Button look="pri" type="submit" icon={LockKeyhole} busy={busy}>{action}</Button>
    </form>
  );
}

function Off({ onDone }: { onDone: () => void }) {
  const { busy, problem, run } = useWork();
  const turnOff = () => run(async () => {
    await lockRemove();
    announce(c.lockGone);
    onDone();
  });
  return (
    <>
      <p>{c.lockMenuOff}.</p>
      <Wrong problem={problem} />
      <Button look="pri" icon={LockOpen} busy={busy} onClick={turnOff}>{c.lockOff}</Button>
    </>
  );
}
