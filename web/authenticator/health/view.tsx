/* Does it work? Push, clock, contact; a test that proves it; and the accounts of this device. */
import { useEffect, useState } from 'preact/hooks';
import type { ComponentChildren } from 'preact';
import { Button } from '../../shared/button';
import { Activity, Bell, BellOff, Check, CircleAlert, Clock, Download, Send, type Icon } from '../../shared/icons';
import { Token, type TokenState } from '../../shared/mark';
import { askForNotifications, pushState } from '../push/push';
import { installPrompt, isInstalled, promptInstall } from '../first/platform';
import { CLOCK_TOLERANCE_S, clockOffS, lastContactMs, lineLost } from '../store/memory';
import { t } from '../text';
import { Accounts } from './accounts';
import { health, pushHealth, refreshReports, reports, sendTest, test, type Health } from './reports';

export function HealthView() {
  useEffect(() => void refreshReports(), []);
  return (
    <section aria-labelledby="health-title">
      <h2 id="health-title" class="vh">{t.health.title}</h2>
      <Hero />
      <ul class="rows card"><PushRow /><ClockRow /><ContactRow /></ul>
      <TestButton />
      {installPrompt.value && !isInstalled() && <Button look="quiet" icon={Download} onClick={() => void promptInstall()}>{t.health.install}</Button>}
      <Accounts />
    </section>
  );
}

const SIGNS: Record<Health, TokenState> = { ready: 'ok', open_only: 'here', broken: 'gone' };

function Hero() {
  const words = t.health;
  const state = health.value;
  const result = test.value;
  const lead = { ready: result?.kind === 'arrived' ? words.tested(inSeconds(result.ms)) : words.readyLead, open_only: words.openOnlyLead, broken: words.brokenLead }[state];
  return (
    <div class="hero card" role="status" id="health" data-health={state}>
      <Token state={SIGNS[state]} />
      <h3>{{ ready: words.ready, open_only: words.openOnly, broken: words.broken }[state]}</h3>
      <p>{lead}</p>
    </div>
  );
}

function inSeconds(ms: number): string {
  return (Math.max(ms, 100) / 1000).toFixed(1);
}

function Row({ id, sign: Sign, good, title, about, children }: { id: string; sign: Icon; good: boolean; title: string; about: string; children?: ComponentChildren }) {
  return (
    <li id={id} data-good={good}>
      <span class={good ? 'ic ok' : 'ic warn'}><Sign /></span>
      <span class="grow"><span class="t">{title}</span><span class="d">{about}</span></span>
      {children ?? (good ? <span class="pill ok"><Check />{t.health.good}</span> : <span class="pill warn"><CircleAlert />{t.health.care}</span>)}
    </li>
  );
}

function PushRow() {
  const words = t.health.push;
  const good = pushHealth.value === 'good';
  const waits = pushHealth.value === 'waiting';
  const failing = pushState.value === 'on' && [...reports.value.values()].some(({ failure }) => failure);
  const about = failing ? words.failing : waits ? words.waiting : words[pushState.value];
  return (
    <Row id="health-push" sign={good ? Bell : BellOff} good={good} title={good ? words.title : words.off} about={about}>
      {pushState.value === 'ask' ? <button class="btn sec sm" type="button" onClick={() => void askForNotifications()}>{t.health.turnOn}</button> : undefined}
    </Row>
  );
}

function ClockRow() {
  const words = t.health.clock;
  const off = Math.abs(clockOffS.value);
  const good = off < CLOCK_TOLERANCE_S;
  return <Row id="health-clock" sign={Clock} good={good} title={good ? words.title : words.wrong} about={off < 3 ? words.fine : words.off(span(off))} />;
}

function ContactRow() {
  const words = t.health.contact;
  const now = useEverySecond();
  const ago = (now - lastContactMs.value) / 1000;
  const good = !lineLost.value && lastContactMs.value > 0;
  const about = lineLost.value ? words.lost : lastContactMs.value === 0 ? words.never : ago < 10 ? words.now : words.ago(span(ago));
  return <Row id="health-contact" sign={Activity} good={good} title={words.title} about={about} />;
}

function useEverySecond(): number {
  const [now, setNow] = useState(Date.now());
  useEffect(() => {
    const timer = setInterval(() => setNow(Date.now()), 1000);
    return () => clearInterval(timer);
  }, []);
  return now;
}

function span(seconds: number): string {
  const { hours, minutes, seconds: short } = t.health.clock;
  if (seconds >= 3570) return hours(Math.round(seconds / 3600));
  return seconds >= 60 ? minutes(Math.round(seconds / 60)) : short(Math.round(seconds));
}

function TestButton() {
  const result = test.value;
  const words = t.health;
  const failure = result && { lost: words.testLost, failed: words.testFailed, too_many: words.testTooMany, waiting: '', arrived: '' }[result.kind];
  return (
    <>
      {pushState.value === 'on' && <Button look="tint" icon={Send} busy={result?.kind === 'waiting'} onClick={() => void sendTest()}>{result?.kind === 'waiting' ? words.testing : words.test}</Button>}
      <p role="status" class={failure ? 'note warn' : 'vh'}>{failure ? <><CircleAlert /><span>{failure}</span></> : result?.kind === 'arrived' ? words.testArrived(inSeconds(result.ms)) : ''}</p>
    </>
  );
}
