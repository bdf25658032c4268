/* The steps of adding an account, each a sheet. */
import { useEffect, useRef } from 'preact/hooks';
import type { ComponentChildren } from 'preact';
import { Button } from '../../shared/button';
import { Check, CircleAlert, KeyRound } from '../../shared/icons';
import { Token, type TokenState } from '../../shared/mark';
import { groupsOf, spelled } from '../../shared/number';
import { Steps } from '../first/view';
import { isInstalled, platform } from '../first/platform';
import type { EnrolmentLink } from '../protocol/link';
import { askForNotifications, pushState } from '../push/push';
import { go } from '../shell/route';
import { hostOf, safeName } from '../shell/names';
import { Sheet } from '../shell/sheet';
import type { Account } from '../store/accounts';
import { t } from '../text';
import { accept, leave, refuse, step, type Step } from './enrol';

const TITLE = 'enrol-title';

export function EnrolSheet() {
  const now = step.value;
  if (!now) return null;
  return (
    <Sheet id="enrol" labelledBy={TITLE} key={now.kind === 'sending' ? 'ask' : now.kind} onClose={now.kind === 'ask' || now.kind === 'failed' ? leave : undefined}>
      {now.kind === 'ask' && <Ask link={now.link} />}
      {now.kind === 'sending' && <Sending />}
      {now.kind === 'digits' && <Digits account={now.account} />}
      {now.kind === 'added' && <Added step={now} />}
      {now.kind === 'failed' && <Failed step={now} />}
    </Sheet>
  );
}

function Head({ state, eyebrow, title, children }: { state: TokenState; eyebrow: string; title: string; children?: ComponentChildren }) {
  const heading = useRef<HTMLHeadingElement>(null);
  useEffect(() => heading.current?.focus(), []);
  return (
    <>
      <p class="eyebrow"><Token state={state} /><span>{eyebrow}</span></p>
      <h2 id={TITLE} ref={heading} tabIndex={-1}>{title}</h2>
      {children}
    </>
  );
}

/* On an iPhone the link opens in Safari, whose memory the installed app does not share: it must not be used up here. */
function Ask({ link }: { link: EnrolmentLink }) {
  const words = t.add.ask;
  if (platform() === 'ios' && !isInstalled()) {
    return (
      <>
        <Head state="sent" eyebrow={words.eyebrow} title={words.iosTitle}><p>{words.iosLead}</p></Head>
        <Steps on="ios" />
        <div class="stack"><Button onClick={leave}>{t.close}</Button><Button look="quiet" onClick={() => void accept(link)}>{words.anyway}</Button></div>
      </>
    );
  }
  return (
    <>
      <Head state="sent" eyebrow={words.eyebrow} title={words.title(safeName(location.host))}><p>{words.lead}</p></Head>
      <div class="pair"><Button onClick={leave}>{t.cancel}</Button><Button look="pri" onClick={() => void accept(link)}>{words.yes}</Button></div>
    </>
  );
}

function Sending() {
  const words = t.add.ask;
  return (
    <>
      <Head state="here" eyebrow={words.eyebrow} title={words.title(safeName(location.host))}><p>{words.lead}</p></Head>
      <div class="pair"><Button disabled>{t.cancel}</Button><Button look="pri" busy>{words.yes}</Button></div>
    </>
  );
}

function Digits({ account }: { account: Account }) {
  const words = t.add.digits;
  const digits = account.digits ?? '';
  return (
    <>
      <Head state="here" eyebrow={words.eyebrow} title={words.title}><p>{words.lead}</p></Head>
      <p class="six"><span class="vh" id="digits">{words.spelled(spelled(digits))}</span><span dir="ltr" aria-hidden="true">{groupsOf(digits).map((group, at) => <span key={at}>{group}</span>)}</span></p>
      <dl class="facts well">
        <div><dt>{words.organisation}</dt><dd><bdi>{safeName(account.organisation)}</bdi></dd></div>
        <div><dt>{words.account}</dt><dd><bdi>{safeName(account.username)}</bdi></dd></div>
        <div><dt>{words.address}</dt><dd dir="ltr">{hostOf(account.issuer)}</dd></div>
      </dl>
      <p class="note"><KeyRound /><span>{words.key}</span></p>
      <p class="wait" role="status"><span class="spin" aria-hidden="true" />{words.waiting}</p>
      <Button look="bad" onClick={() => void refuse(account)}>{words.stop}</Button>
    </>
  );
}

function Added({ step: { account, generator } }: { step: Extract<Step, { kind: 'added' }> }) {
  const words = t.add.added;
  const ask = pushState.value === 'ask' || pushState.value === 'unknown';
  const close = () => {
    leave();
    go('requests');
  };
  return (
    <>
      <div class="ended" data-kind="approved" role="status">
        <Token state="ok" join large />
        <p class="word">{words.eyebrow}</p>
        <h2 id={TITLE}>{words.title}</h2>
        <p>{words.lead(safeName(account.organisation), safeName(account.username))}</p>
      </div>
      {generator !== 'none' && <p class={generator === 'kept' ? 'note ok' : 'note warn'}>{generator === 'kept' ? <Check /> : <CircleAlert />}<span>{generator === 'kept' ? words.codes : words.codesLost}</span></p>}
      {ask && <p class="centre mut s">{words.notify}</p>}
      <div class="stack">
        {ask && <Button look="pri" onClick={() => void askForNotifications().then(close)}>{words.turnOn}</Button>}
        <Button look={ask ? 'quiet' : 'pri'} onClick={close}>{ask ? t.notNow : t.done}</Button>
      </div>
    </>
  );
}

function Failed({ step: { why } }: { step: Extract<Step, { kind: 'failed' }> }) {
  const close = () => {
    leave();
    go('add');
  };
  return (
    <>
      <Head state="bad" eyebrow={t.add.ask.eyebrow} title={t.add.failed}><p role="alert">{t.add.failures[why]}</p></Head>
      <Button look="pri" onClick={close}>{t.back}</Button>
    </>
  );
}
