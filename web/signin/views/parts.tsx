/* The pieces that several screens share. */
import type { ComponentChildren } from 'preact';
import { Button } from '../../shared/button';
import { secondsLeft, clockText } from '../../shared/countdown';
import { CircleAlert, ShieldCheck, WifiOff, type Icon } from '../../shared/icons';
import { useSecondsLeft } from '../../shared/seconds_left';
import { foreignName } from '../../shared/text';
import { returnUrl } from '../../shared/url';
import { busy, forget, problem, state, waitDeadline } from '../login';
import { t } from '../text';
import { whySentence } from '../../shared/why/why';

export function clientName(): string {
  const client = state.value.client;
  return client ? foreignName(client.name) : t.yourService;
}

export function organisationName(): string {
  return foreignName(state.value.organisation.name || location.host);
}

/* `describedBy`: what is read together with the heading when the focus comes here. */
export function Head({ title, children, alarm = false, describedBy }: { title: string; children?: ComponentChildren; alarm?: boolean; describedBy?: string }) {
  return (
    <div class="head" role={alarm ? 'alert' : undefined}>
      <h1 tabIndex={-1} aria-describedby={describedBy}>{title}</h1>
      {children}
    </div>
  );
}

/* The plain sentence from policy: why you were asked this. */
export function WhyLine() {
  const why = state.value.why;
  if (!why) return null;
  const sentence = whySentence(t.why, why.key, foreignName(why.client)) ?? why.text;
  if (!sentence) return null;
  return <p class="why"><ShieldCheck /><span dir="auto">{sentence}</span></p>;
}

/* `retry` is for screens that have no button of their own to press again. */
export function ProblemNote({ retry }: { retry?: () => void }) {
  const wrong = problem.value;
  if (!wrong) return null;
  const Sign = wrong.kind === 'offline' ? WifiOff : CircleAlert;
  return (
    <>
      <p class="note warn" role="alert"><Sign /><span>{t.problems[wrong.kind]}</span></p>
      {retry && <WaitButton look="pri" onClick={retry}>{t.tryAgain}</WaitButton>}
    </>
  );
}

/* What happened before this screen, when it is not the answer to what was typed here. */
export function NoticeNote({ except = [] }: { except?: readonly string[] }) {
  const notice = state.value.notice;
  if (!notice || except.includes(notice)) return null;
  return <p class="note warn" role="status"><CircleAlert /><span>{t.notices[notice]}</span></p>;
}

export function WhoLine() {
  const { username } = state.value;
  if (!username) return null;
  return (
    <p class="who">
      <span>{t.signingInAs} <b><bdi>{username}</bdi></b></span>
      <button class="link" type="button" onClick={forget}>{t.notYou}</button>
    </p>
  );
}

/* Back to the service, which hears `access_denied`. */
export function BackLink({ label, look }: { label?: string; look?: 'pri' | 'sec' }) {
  const url = returnUrl(state.value.cancel_url);
  if (!url) return null;
  const words = label ?? t.backTo(clientName());
  return look
    ? <a class={`btn ${look} wide`} href={url}>{words}</a>
    : <p class="who"><a class="link" href={url}>{words}</a></p>;
}

/* A button that waits out `retry_after` and says how long. */
export function WaitButton(props: { children: string; look?: 'pri' | 'sec'; type?: 'button' | 'submit'; iconAfter?: Icon; onClick?: () => void }) {
  const { children, ...rest } = props;
  const left = useSecondsLeft(waitDeadline.value);
  const waiting = left !== null && left > 0;
  return (
    <Button {...rest} busy={busy.value !== null} disabled={waiting}>
      {waiting ? t.tryAgainIn(clockText(left)) : children}
    </Button>
  );
}

export function isWaiting(): boolean {
  const deadline = waitDeadline.value;
  return deadline !== null && secondsLeft(deadline, performance.now()) > 0;
}
