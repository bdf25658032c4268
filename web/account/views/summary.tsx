/* The first card: am I safe, and what should I do next? */
import { Button } from '../../shared/button';
import { Check, KeyRound, Smartphone, TabletSmartphone, Ticket, type Icon } from '../../shared/icons';
import { Token, type TokenState } from '../../shared/mark';
import { openSheet, overview, safety } from '../account';
import type { Overview } from '../model';
import { deviceName, personName, serviceName } from '../names';
import { stepsOf, type Advice, type Headline, type Safety, type Step } from '../safety';
import type { SheetName } from '../sheets/sheet';
import { t, when } from '../text';
import { Row, type Tone } from './parts';

const TOKENS: Record<Headline, TokenState> = { always: 'ok', almost: 'ok', oneLost: 'miss', passwordOnly: 'miss', alarm: 'bad', welcome: 'here' };

export function Summary() {
  const now = overview.value;
  const safe = safety.value;
  if (!now || !safe) return null;
  return (
    <section class="card sum" aria-labelledby="hi">
      <div class="say">
        <Token state={TOKENS[safe.headline]} />
        <div>
          <h1 id="hi" tabIndex={-1}>{safe.headline === 'almost' ? t.safe.almost(safe.advice.length) : t.safe[safe.headline]}</h1>
          <p class="mut">{t.signedInAs(personName(now))} {leadOf(safe, now)}</p>
        </div>
      </div>
      {safe.headline === 'welcome' ? <Steps now={now} /> : <AdviceList advice={safe.advice} />}
    </section>
  );
}

function leadOf({ headline, ways, alarm }: Safety, now: Overview): string {
  if (headline === 'welcome') return t.safe.welcomeLead;
  if (alarm?.outcome === 'stolen') return t.safe.stolenLead(when.ago(alarm.at, now.server_time));
  if (alarm) return t.safe.reportedLead(serviceName(alarm), when.ago(alarm.at, now.server_time));
  return ways > 0 ? t.safe.ways(ways) : t.safe.noWays;
}

interface Line { icon: Icon; tone: Tone; title: string; about: string; act: string; sheet: SheetName; id?: string }

function AdviceList({ advice }: { advice: readonly Advice[] }) {
  if (advice.length === 0) return null;
  return (
    <div class="todo">
      <h2 class="vh">{t.safe.next}</h2>
      <ul class="rows">{advice.map((one) => <AdviceRow key={`${one.kind}${'device' in one ? one.device.id : ''}`} line={lineOf(one)} />)}</ul>
    </div>
  );
}

function AdviceRow({ line }: { line: Line }) {
  return (
    <Row icon={line.icon} tone={line.tone} title={line.title} detail={line.about}>
      <Button small look="pri" label={`${line.act}: ${line.title}`} onClick={() => openSheet(line.sheet, line.id)}>{line.act}</Button>
    </Row>
  );
}

function lineOf(advice: Advice): Line {
  const { safe } = t;
  switch (advice.kind) {
    case 'password': return { icon: KeyRound, tone: 'bad', sheet: 'password', ...safe.password };
    case 'addPhone': return { icon: Smartphone, tone: 'pri', sheet: 'add-device', ...safe.addPhone };
    case 'recovery': return { icon: Ticket, tone: 'warn', sheet: 'recovery', ...safe.recovery };
    case 'recoveryLow': return { icon: Ticket, tone: 'warn', sheet: 'recovery', ...safe.recoveryLow, title: safe.recoveryLow.title(advice.left) };
    case 'silent': return { icon: TabletSmartphone, tone: 'warn', sheet: 'device', id: advice.device.id, act: safe.silent.act, title: safe.silent.title(deviceName(advice.device)), about: safe.silent.about(advice.days) };
    case 'failing': return { icon: Smartphone, tone: 'warn', sheet: 'device', id: advice.device.id, ...safe.failing, title: safe.failing.title(deviceName(advice.device)) };
  }
}

/* ---- first steps ---- */

const STEP_SHEETS: Record<Step['kind'], SheetName> = { firstPassword: 'password', addPhone: 'add-device', recovery: 'recovery' };

function Steps({ now }: { now: Overview }) {
  const steps = stepsOf(now);
  const next = steps.find((step) => !step.done)?.kind;
  return (
    <div class="todo">
      <h2 class="vh">{t.safe.next}</h2>
      <ol class="rows steps">{steps.map((step, at) => <StepRow key={step.kind} step={step} number={at + 1} next={step.kind === next} />)}</ol>
      {!next && <div class="foot"><p class="note ok" role="status"><Check /><span>{t.safe.welcomeDone}</span></p><a class="btn pri wide" href="/account/login">{t.safe.welcomeGo}</a></div>}
    </div>
  );
}

function StepRow({ step, number, next }: { step: Step; number: number; next: boolean }) {
  const words = t.safe[step.kind];
  return (
    <li class={step.done ? 'done' : undefined}>
      <span class="n" aria-hidden="true">{step.done ? <Check /> : number}</span>
      <span class="grow">
        <span class="t">{words.title}{step.done && <span class="pill ok">{t.safe.stepDone}</span>}</span>
        <span class="d">{words.about}</span>
      </span>
      {!step.done && <Button small look={next ? 'pri' : 'sec'} label={`${words.act}: ${words.title}`} onClick={() => openSheet(STEP_SHEETS[step.kind])}>{words.act}</Button>}
    </li>
  );
}
