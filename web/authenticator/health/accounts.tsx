/* The accounts of this device, and leaving one. */
import { useState } from 'preact/hooks';
import { Button } from '../../shared/button';
import { Check, CircleAlert, Trash } from '../../shared/icons';
import { deleteDevice, isUnknownDevice } from '../protocol/calls';
import { announce } from '../shell/announce';
import { accountName, hostOf, safeName } from '../shell/names';
import { Sheet } from '../shell/sheet';
import type { Account } from '../store/accounts';
import { accounts, dropAccount, learnFrom } from '../store/memory';
import { t } from '../text';

export function Accounts() {
  const [leaving, setLeaving] = useState<Account | null>(null);
  const words = t.health;
  if (accounts.value.length === 0) return null;
  return (
    <>
      <h3 class="group" id="accounts-title">{words.accounts}</h3>
      <ul class="rows card" aria-labelledby="accounts-title">
        {accounts.value.map((account) => (
          <li key={account.device_id} data-state={account.state}>
            <span class="grow">
              <span class="t"><bdi>{safeName(account.username)}</bdi><Pill account={account} /></span>
              <span class="d">{safeName(account.organisation)} · <span dir="ltr">{hostOf(account.issuer)}</span></span>
              <span class="d">{account.state === 'revoked' ? words.revokedLead : words.device(safeName(account.name))}</span>
            </span>
            <button type="button" class="icon" aria-label={words.removeLabel(accountName(account))} onClick={() => setLeaving(account)}><Trash /></button>
          </li>
        ))}
      </ul>
      {leaving && <LeaveSheet account={leaving} onClose={() => setLeaving(null)} />}
    </>
  );
}

function Pill({ account: { state } }: { account: Account }) {
  if (state === 'active') return <span class="pill ok"><Check />{t.health.states.active}</span>;
  return <span class={state === 'revoked' ? 'pill bad' : 'pill pri'}>{t.health.states[state]}</span>;
}

function LeaveSheet({ account, onClose }: { account: Account; onClose: () => void }) {
  const [busy, setBusy] = useState(false);
  const [unsent, setUnsent] = useState(false);
  const words = t.health;
  const drop = async () => {
    await dropAccount(account.device_id);
    announce(words.removed);
    onClose();
  };
  const leave = async () => {
    if (account.state !== 'active' || unsent) return drop();
    setBusy(true);
    const reply = await deleteDevice(account);
    setBusy(false);
    if (reply.kind === 'ok' || isUnknownDevice(reply)) return drop();
    learnFrom(reply, null);
    setUnsent(true);
  };
  return (
    <Sheet labelledBy="leave-title" onClose={onClose}>
      <h2 id="leave-title">{words.removeTitle(safeName(account.username))}</h2>
      {account.state === 'active' && <p>{words.removeLead}</p>}
      {unsent && <p class="note warn" role="alert"><CircleAlert /><span>{words.removeOffline}</span></p>}
      <div class="pair">
        <Button look="bad" busy={busy} onClick={() => void leave()}>{unsent ? words.removeAnyway : words.removeYes}</Button>
        <Button onClick={onClose}>{t.cancel}</Button>
      </div>
    </Sheet>
  );
}
