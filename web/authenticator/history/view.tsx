/* Past requests of all accounts, by day, with the sentence why; one that was somebody else's can still be reported. */
import { useEffect, useState } from 'preact/hooks';
import { Avatar } from '../../shared/avatar';
import { Button } from '../../shared/button';
import { Check, Clock, Hash, History as HistoryIcon, RotateCw, X, type Icon } from '../../shared/icons';
import { getHistory, readHistory, type HistoryRow, type Outcome } from '../protocol/calls';
import { exactNowS } from '../protocol/clock';
import { WhatHappened } from '../requests/ending';
import { requests } from '../requests/requests';
import { accountName, safeName, visibleText } from '../shell/names';
import { Sheet } from '../shell/sheet';
import { clockTime, dayName, daysAgo, fullTime } from '../shell/when';
import type { Account } from '../store/accounts';
import { activeAccounts, learnFrom } from '../store/memory';
import { t } from '../text';

export interface Entry extends HistoryRow {
  account: Account;
}

type State = { kind: 'waiting' } | { kind: 'here'; entries: readonly Entry[]; complete: boolean };

export function History() {
  const [state, setState] = useState<State>({ kind: 'waiting' });
  const [shown, setShown] = useState<Entry | null>(null);
  const load = () => void fetchAll(activeAccounts.peek()).then(setState);
  /* again when accounts come or go, and when a request was settled */
  useEffect(load, [activeAccounts.value.length, requests.value.length]);
  return (
    <section aria-labelledby="history-title">
      <h2 id="history-title" class="vh">{t.history.title}</h2>
      {state.kind === 'waiting' ? <p class="loading" role="status"><span class="vh">{t.loading}</span></p> : <Entries state={state} onShow={setShown} onRetry={load} />}
      {shown && <EntrySheet entry={shown} onClose={() => { setShown(null); load(); }} />}
    </section>
  );
}

async function fetchAll(accounts: readonly Account[]): Promise<State> {
  const lists = await Promise.all(accounts.map(fetchOf));
  const entries = lists.flatMap((list) => list ?? []).sort((a, b) => b.at - a.at);
  return { kind: 'here', entries, complete: lists.every((list) => list !== null) };
}

async function fetchOf(account: Account): Promise<Entry[] | null> {
  const reply = await getHistory(account);
  learnFrom(reply, account);
  const rows = reply.kind === 'ok' ? readHistory(reply.body) : null;
  return rows && rows.map((row) => ({ ...row, account }));
}

function Entries({ state, onShow, onRetry }: { state: Extract<State, { kind: 'here' }>; onShow: (entry: Entry) => void; onRetry: () => void }) {
  return (
    <>
      {!state.complete && (
        <>
          <p class="note warn" role="status"><Clock /><span>{t.history.failed}</span></p>
          <Button look="tint" icon={RotateCw} onClick={onRetry}>{t.tryAgain}</Button>
        </>
      )}
      {state.entries.length === 0 && state.complete && <Empty />}
      {byDay(state.entries, exactNowS()).map(({ name, entries }) => (
        <div class="day" key={name}>
          <h3>{name}</h3>
          <ul class="rows card">{entries.map((entry) => <Row key={entry.id} entry={entry} onShow={onShow} />)}</ul>
        </div>
      ))}
    </>
  );
}

export function byDay(entries: readonly Entry[], nowS: number): { name: string; entries: Entry[] }[] {
  const days: { ago: number; name: string; entries: Entry[] }[] = [];
  for (const entry of entries) {
    const ago = daysAgo(entry.at, nowS);
    const last = days.at(-1);
    if (last?.ago === ago) last.entries.push(entry);
    else days.push({ ago, name: ago <= 0 ? t.history.today : ago === 1 ? t.history.yesterday : dayName(entry.at), entries: [entry] });
  }
  return days;
}

function Empty() {
  return (
    <div class="hero card calm">
      <span class="ic mut"><HistoryIcon /></span>
      <h3>{t.history.empty}</h3>
      <p>{t.history.emptyLead}</p>
    </div>
  );
}

const SIGNS: Record<Outcome, [Icon, string]> = {
  pending: [Clock, 'pri'], approved: [Check, 'ok'], denied: [X, 'bad'], wrong: [Hash, 'warn'], expired: [Clock, ''], superseded: [RotateCw, ''],
};

function StatePill({ state }: { state: Outcome }) {
  const [Sign, colour] = SIGNS[state];
  return <span class={`pill ${colour}`}><Sign />{t.history.states[state]}</span>;
}

function Row({ entry, onShow }: { entry: Entry; onShow: (entry: Entry) => void }) {
  const time = clockTime(entry.at);
  const { browser, place, ip } = entry.request;
  return (
    <li>
      <button type="button" class="row" onClick={() => onShow(entry)}>
        <Avatar id={entry.client.id} name={entry.client.name} small />
        <span class="grow">
          <span class="t"><span>{safeName(entry.client.name)}</span><StatePill state={entry.state} /></span>
          <span class="d">{[browser, place ?? ip].filter((one) => one !== null).map(safeName).join(' · ')}</span>
        </span>
        <time dateTime={new Date(entry.at * 1000).toISOString()} dir="ltr">{time}</time>
      </button>
    </li>
  );
}

function EntrySheet({ entry, onClose }: { entry: Entry; onClose: () => void }) {
  const [reporting, setReporting] = useState(false);
  const words = t.history;
  return (
    <Sheet labelledBy="entry-title" onClose={onClose}>
      {reporting ? <WhatHappened account={entry.account} of={entry} titleId="entry-title" late onDone={onClose} /> : (
        <>
          <div class="entry"><Avatar id={entry.client.id} name={entry.client.name} /><h2 id="entry-title">{safeName(entry.client.name)}</h2><StatePill state={entry.state} /></div>
          <dl class="facts well">
            <div><dt>{words.at}</dt><dd>{fullTime(entry.at)}</dd></div>
            <div><dt>{words.account}</dt><dd>{accountName(entry.account)}</dd></div>
            {entry.request.browser && <div><dt>{words.from}</dt><dd><bdi>{safeName(entry.request.browser)}</bdi></dd></div>}
            {entry.request.ip && <div><dt>{words.address}</dt><dd dir="ltr">{entry.request.ip}</dd></div>}
          </dl>
          {entry.why && <div class="note"><span><b>{words.why}</b><br /><span dir="auto">{visibleText(entry.why)}</span></span></div>}
          <div class="pair">
            <Button look="bad" onClick={() => setReporting(true)}>{words.notMe}</Button>
            <Button onClick={onClose}>{t.close}</Button>
          </div>
        </>
      )}
    </Sheet>
  );
}
