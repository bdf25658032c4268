/* What became of a request, and for one that was turned down: what happened? */
import { useEffect, useRef, useState } from 'preact/hooks';
import { Button } from '../../shared/button';
import { Check, CircleAlert } from '../../shared/icons';
import { Token, type TokenState } from '../../shared/mark';
import type { Account } from '../store/accounts';
import type { Answerable } from '../protocol/details';
import { safeName } from '../shell/names';
import { t } from '../text';
import { closeRequest, reportRequest, REPORT_REASONS, type Ending, type Reported, type ReportReason, type Request } from './requests';

const STATES: Record<Ending['kind'], TokenState> = {
  approved: 'ok', denied: 'bad', wrong: 'miss', superseded: 'gone', expired: 'gone', gone: 'gone', unreadable: 'gone', elsewhere: 'gone',
};

export function EndingSheet({ request, titleId }: { request: Request; titleId: string }) {
  const { ending } = request;
  if (!ending) return null;
  if (ending.kind === 'denied') return <WhatHappened account={request.account} of={request.details} titleId={titleId} onDone={closeRequest} />;
  if (ending.kind === 'elsewhere') return <Elsewhere request={request} ending={ending} titleId={titleId} />;
  const lead = ending.kind === 'approved' ? t.ending.approved.lead(safeName(request.details.client.name)) : t.ending[ending.kind].lead;
  return (
    <>
      <Head kind={ending.kind} titleId={titleId} title={t.ending[ending.kind].title} eyebrow={t.ending[ending.kind].eyebrow}><p>{lead}</p></Head>
      <Button look={ending.kind === 'approved' ? 'pri' : 'sec'} onClick={closeRequest}>{t.done}</Button>
    </>
  );
}

/* The two halves say it first, the words say it for everyone; the focus comes here, so that it is read. */
function Head({ kind, titleId, title, eyebrow, children }: { kind: Ending['kind']; titleId: string; title: string; eyebrow: string; children?: preact.ComponentChildren }) {
  const heading = useRef<HTMLHeadingElement>(null);
  useEffect(() => heading.current?.focus(), []);
  return (
    <div class="ended" data-kind={kind} role="status">
      <Token state={STATES[kind]} join={kind === 'approved'} large />
      <p class="word">{eyebrow}</p>
      <h2 id={titleId} ref={heading} tabIndex={-1}>{title}</h2>
      {children}
    </div>
  );
}

function Elsewhere({ request, ending, titleId }: { request: Request; ending: Extract<Ending, { kind: 'elsewhere' }>; titleId: string }) {
  const [asking, setAsking] = useState(false);
  const words = t.ending.elsewhere;
  const title = ending.state === 'approved' ? words.approved : ending.state === 'denied' ? words.denied : words.wrong;
  if (asking) return <WhatHappened account={request.account} of={request.details} titleId={titleId} onDone={closeRequest} />;
  return (
    <>
      <Head kind="elsewhere" titleId={titleId} title={title} eyebrow={words.eyebrow}>
        <p>{ending.by ? words.byDevice(safeName(ending.by)) : words.byOther} {ending.state === 'approved' && words.alarm}</p>
      </Head>
      <div class={ending.state === 'approved' ? 'pair' : 'stack'}>
        {ending.state === 'approved' && <Button look="bad" onClick={() => setAsking(true)}>{t.request.notMe}</Button>}
        <Button onClick={closeRequest}>{t.done}</Button>
      </div>
    </>
  );
}

type Pick = ReportReason | 'slip';

/* `late`: what is over is reported from the history; nothing was stopped by it yet. */
export function WhatHappened({ account, of, titleId, late = false, onDone }: { account: Account; of: Answerable; titleId: string; late?: boolean; onDone: () => void }) {
  const [pick, setPick] = useState<Pick>('not_me');
  const [busy, setBusy] = useState(false);
  const [result, setResult] = useState<Reported | null>(null);
  if (result === 'sent' || result === 'already') return <Thanks account={account} result={result} titleId={titleId} onDone={onDone} />;
  const send = async () => {
    if (pick === 'slip') return onDone();
    setBusy(true);
    setResult(await reportRequest(account, of, pick));
    setBusy(false);
  };
  return (
    <>
      {late ? <h2 id={titleId}>{t.history.notMe}</h2> : <Stopped titleId={titleId} />}
      {late && <p>{t.history.notMeLead}</p>}
      <Picks pick={pick} slip={!late} onPick={setPick} />
      {result === 'unsent' && <p class="note warn" role="alert"><CircleAlert /><span>{t.ending.reported.unsent}</span></p>}
      <div class="stack">
        <Button look="pri" busy={busy} onClick={() => void send()}>{pick === 'slip' ? t.done : t.ending.report(safeName(account.organisation))}</Button>
        {pick !== 'slip' && <Button look="quiet" onClick={onDone}>{late ? t.cancel : t.ending.skip}</Button>}
      </div>
    </>
  );
}

function Stopped({ titleId }: { titleId: string }) {
  const heading = useRef<HTMLHeadingElement>(null);
  useEffect(() => heading.current?.focus(), []);
  const { checks, denied } = t.ending;
  return (
    <>
      <p class="eyebrow badc"><Token state="bad" /><span>{denied.eyebrow}</span></p>
      <h2 id={titleId} ref={heading} tabIndex={-1}>{denied.title}</h2>
      <ul class="checks"><li><Check />{checks.over}</li><li><Check />{checks.careful}</li></ul>
    </>
  );
}

function Picks({ pick, slip, onPick }: { pick: Pick; slip: boolean; onPick: (pick: Pick) => void }) {
  const all: Pick[] = slip ? [...REPORT_REASONS, 'slip'] : [...REPORT_REASONS];
  return (
    <fieldset class="picks">
      <legend>{t.ending.what}</legend>
      {all.map((one) => (
        <label key={one}>
          <input type="radio" name="what" value={one} checked={one === pick} onChange={() => onPick(one)} />
          <span>{t.ending.reasons[one].title}{t.ending.reasons[one].about && <small>{t.ending.reasons[one].about}</small>}</span>
        </label>
      ))}
    </fieldset>
  );
}

function Thanks({ account, result, titleId, onDone }: { account: Account; result: 'sent' | 'already'; titleId: string; onDone: () => void }) {
  const words = t.ending.reported;
  return (
    <>
      <Head kind="denied" titleId={titleId} title={words.title} eyebrow={t.ending.denied.eyebrow}>
        <p>{result === 'sent' ? words.lead(safeName(account.organisation)) : words.already}</p>
      </Head>
      <ul class="checks">
        {result === 'sent' && <li><Check />{words.sessions}</li>}
        <li><Check />{words.password}</li>
      </ul>
      <Button look="pri" onClick={onDone}>{t.done}</Button>
    </>
  );
}
