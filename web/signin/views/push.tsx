/* A push that waits: the number or code very large, where the request is, and how long it lives. */
import { clockText, durationText } from '../../shared/countdown';
import { Smartphone } from '../../shared/icons';
import { Token, type TokenState } from '../../shared/mark';
import { useSecondsLeft } from '../../shared/seconds_left';
import { TimeBar } from '../../shared/time_bar';
import { webUrl } from '../../shared/url';
import { challengeDeadline, lineLost, sendPush, state } from '../login';
import type { Challenge } from '../state';
import { t } from '../text';
import { groupsOf, spelled, spokenMark } from '../../shared/number';
import { AnotherWay } from './ways';
import { clientName, Head, NoticeNote, ProblemNote, WaitButton, WhoLine, WhyLine } from './parts';

export function Push() {
  const { challenge } = state.value;
  if (!challenge) return null;
  return (
    <>
      <Head title={challenge.popup ? t.push[challenge.mode].title : t.push.noPopup.title} describedBy="carry">
        <p>{lead(challenge)}</p>
      </Head>
      <Carry challenge={challenge} />
      {!challenge.popup && <Steps challenge={challenge} />}
      <LiveLine challenge={challenge} />
      <WhyLine />
      <ProblemNote />
      <div class="acts">
        {challenge.status !== 'approved' && <OpenHere />}
        <AnotherWay />
        <WhoLine />
      </div>
    </>
  );
}

/* Push is what this sign-in asks next, but nothing was sent yet. */
export function PushStart() {
  return (
    <>
      <Head title={t.pushStart.title}><p>{t.pushStart.lead}</p></Head>
      <WhyLine />
      <NoticeNote />
      <ProblemNote />
      <div class="acts">
        <WaitButton look="pri" onClick={sendPush}>{t.pushStart.send}</WaitButton>
        <AnotherWay />
        <WhoLine />
      </div>
    </>
  );
}

/* Shown on small screens only (signin.css): the app may be on this very phone. It opens beside this page, so the number stays. */
export function OpenHere() {
  const app = webUrl(state.value.app_url);
  if (!app) return null;
  return <a class="btn tint wide same" href={app} target="_blank" rel="noopener"><Smartphone /><span>{t.push.openHere}</span></a>;
}

function lead(challenge: Challenge): string {
  if (!challenge.popup) return t.push.noPopup.lead;
  if (challenge.mode === 'choose') return t.push.choose.lead;
  return t.push[challenge.mode].lead(challenge.shown.length);
}

function Carry({ challenge }: { challenge: Challenge }) {
  const say = challenge.mode === 'confirm' ? t.push.yourCode : t.push.yourNumber;
  return (
    <div class="show">
      <p id="carry" class="vh">{say(spelled(challenge.shown))}</p>
      {challenge.mode === 'confirm' ? <Tiles code={challenge.shown} /> : <Digits number={challenge.shown} />}
    </div>
  );
}

function Tiles({ code }: { code: string }) {
  return <p class="tiles" dir="ltr" aria-hidden="true">{[...code].map((letter, at) => <span key={at}>{letter}</span>)}</p>;
}

function Digits({ number }: { number: string }) {
  return (
    <p class="big" dir="ltr" data-length={number.length} aria-hidden="true">
      {groupsOf(number).map((group, at) => <span key={at}>{group}</span>)}
    </p>
  );
}

function Steps({ challenge }: { challenge: Challenge }) {
  const { open, find, act, steps } = t.push.noPopup;
  return (
    <ol class="steps" aria-label={steps}>
      <li>{open}</li>
      <li>{find(clientName())}</li>
      <li>{act[challenge.mode]}</li>
    </ol>
  );
}

function LiveLine({ challenge }: { challenge: Challenge }) {
  const left = useSecondsLeft(challengeDeadline.value) ?? 0;
  const waits = challenge.status !== 'approved';
  const mark = waits ? spokenMark(left) : null;
  return (
    <div class="live">
      <div>
        <Token state={tokenState(challenge)} />
        <span role="status">{statusText(challenge, left)}</span>
        {waits && <time role="timer" aria-label={t.push.timeLeft} dateTime={durationText(left)} dir="ltr">{clockText(left)}</time>}
      </div>
      {waits && <TimeBar life={challenge.life_s} left={left} key={challengeDeadline.value} />}
      <p class="vh" role="status">{mark === null ? '' : t.push.secondsLeft(mark)}</p>
    </div>
  );
}

function tokenState(challenge: Challenge): TokenState {
  if (challenge.status === 'approved') return 'ok';
  return challenge.status === 'seen' ? 'here' : 'sent';
}

function statusText(challenge: Challenge, left: number): string {
  const words = t.push.status;
  if (challenge.status === 'approved') return words.approved;
  if (lineLost.value) return words.lost;
  if (left === 0) return words.timeUp;
  if (challenge.status === 'seen') return words.seen;
  if (challenge.unreached) return words.unreached;
  return challenge.popup ? words.sent : words.waiting;
}
