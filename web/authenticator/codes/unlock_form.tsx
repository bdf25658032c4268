/* The ways in: a passphrase, and the device's passkey where the lock has one. */
import { useState } from 'preact/hooks';
import { Button } from '../../shared/button';
import type { Way } from '../vault/lock';
import { Fingerprint } from './icons';
import { passkeyOutput } from './passkey';
import { Passphrase, submitted, useWork, Wrong } from './parts';
import { lock } from './state';
import { c } from './text';

export function UnlockForm({ action, onWay }: { action: string; onWay: (way: Way) => Promise<void> }) {
  const [passphrase, setPassphrase] = useState('');
  const { busy, problem, run, clear } = useWork();
  const passkey = lock.value?.passkey ?? null;
  const wrong = problem === 'passphrase_wrong' ? c.problems.passphrase_wrong : undefined;
  const byPasskey = () => run(async () => { if (passkey) await onWay({ kind: 'passkey', output: await passkeyOutput(passkey) }); });
  const byPassphrase = () => run(async () => {
    await onWay({ kind: 'passphrase', passphrase });
    setPassphrase('');
  });
  const type = (value: string) => {
    setPassphrase(value);
    clear();
  };
  return (
    <form class="form" noValidate onSubmit={submitted(byPassphrase)}>
      {passkey && <Button look="pri" icon={Fingerprint} busy={busy} onClick={byPasskey}>{c.unlockPasskey}</Button>}
      <Passphrase label={c.passphrase} value={passphrase} wrong={wrong} onValue={type} />
      {!wrong && <Wrong problem={problem} />}
      <Button look={passkey ? 'tint' : 'pri'} type="submit" busy={busy}>{action}</Button>
    </form>
  );
}
