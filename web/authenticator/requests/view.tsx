/* The first tab: what waits, or that nothing does. */
import { useState } from 'preact/hooks';
import { Avatar } from '../../shared/avatar';
import { Button } from '../../shared/button';
import { ChevronRight, RotateCw, Smartphone } from '../../shared/icons';
import { Token } from '../../shared/mark';
import { postExpect } from '../protocol/calls';
import { announce } from '../shell/announce';
import { accountName, safeName } from '../shell/names';
import { Sheet } from '../shell/sheet';
import { activeAccounts, learnFrom, lineLost } from '../store/memory';
import type { Account } from '../store/accounts';
import { t } from '../text';
import { pollRequests, open, showRequest } from './requests';

export function Requests() {
  const waiting = open.value;
  return (
    <section aria-labelledby="requests-title">
      <h2 id="requests-title" class={waiting.length > 0 ? undefined : 'vh'}>{waiting.length > 0 ? t.requests.waitingTitle : t.requests.title}</h2>
      {waiting.length > 0 ? <Waiting /> : <Quiet />}
      {activeAccounts.value.length > 0 && <Actions />}
    </section>
  );
}

function Waiting() {
  return (
    <ul class="rows card">
      {open.value.map(({ details }) => (
        <li key={details.id}>
          <button type="button" class="row" onClick={() => showRequest(details.id)}>
            <Avatar id={details.client.id} name={details.client.name} small />
            <span class="grow"><span class="t">{safeName(details.client.name)}</span><span class="d">{safeName(details.account.username)}</span></span>
            <span class="go">{t.requests.review}</span><ChevronRight />
          </button>
        </li>
      ))}
    </ul>
  );
}

function Quiet() {
  const lost = lineLost.value;
  return (
    <div class="hero card calm" role="status">
      <Token state={lost ? 'gone' : 'rest'} />
      <h3>{lost ? t.requests.offline : t.requests.quiet}</h3>
      <p>{lost ? t.requests.offlineLead : t.requests.quietLead}</p>
    </div>
  );
}

function Actions() {
  const [busy, setBusy] = useState(false);
  const check = async () => {
    setBusy(true);
    const before = open.peek().length;
    const answers = await Promise.all(activeAccounts.peek().map((account) => pollRequests(account, true)));
    setBusy(false);
    if (open.peek().length === before) announce(answers.every(Boolean) ? t.requests.checked : t.requests.offline);
  };
  return (
    <div class="stack">
      <Button look="tint" icon={RotateCw} busy={busy} onClick={() => void check()}>{t.requests.check}</Button>
      <Expect />
    </div>
  );
}

/* After a refusal new browsers ring only when the person announces it. */
function Expect() {
  const [choosing, setChoosing] = useState(false);
  const [busy, setBusy] = useState(false);
  const expect = async (account: Account) => {
    setChoosing(false);
    setBusy(true);
    const reply = await postExpect(account);
    learnFrom(reply, account);
    setBusy(false);
    announce(reply.kind === 'ok' ? t.requests.expecting : t.requests.expectFailed);
  };
  const press = () => {
    const [only, ...more] = activeAccounts.peek();
    if (only && more.length === 0) void expect(only);
    else setChoosing(true);
  };
  return (
    <>
      <Button look="quiet" icon={Smartphone} busy={busy} onClick={press}>{t.requests.expect}</Button>
      <p class="hint">{t.requests.expectLead}</p>
      {choosing && (
        <Sheet labelledBy="expect-title" onClose={() => setChoosing(false)}>
          <h2 id="expect-title">{t.requests.expectWhich}</h2>
          <div class="stack">{activeAccounts.value.map((account) => <Button key={account.device_id} onClick={() => void expect(account)}>{accountName(account)}</Button>)}</div>
        </Sheet>
      )}
    </>
  );
}
