/* The request that is up: who, which service, from where, since when; and the one question. */
import { useState } from 'preact/hooks';
import { Button } from '../../shared/button';
import { clockText, durationText } from '../../shared/countdown';
import { CircleAlert, ShieldCheck, X } from '../../shared/icons';
import { Token } from '../../shared/mark';
import { spelled, spokenMark } from '../../shared/number';
import { useSecondsLeft } from '../../shared/seconds_left';
import { TimeBar } from '../../shared/time_bar';
import { exactNowS } from '../protocol/clock';
import { Sheet } from '../shell/sheet';
import { safeName, visibleText } from '../shell/names';
import { t } from '../text';
import { EndingSheet } from './ending';
import { Pad } from './pad';
import { answerRequest, closeRequest, shown, type Request } from './requests';

const TITLE = 'request-title';

/* Mounted all the while; a sheet for each request. */
export function RequestSheet() {
  const request = shown.value;
  if (!request) return null;
  const { id } = request.details;
  return (
    <Sheet key={id} id="request" labelledBy={TITLE} onClose={closeRequest}>
      {request.phase === 'over' ? <EndingSheet request={request} titleId={TITLE} /> : <Question request={request} />}
    </Sheet>
  );
}

function Question({ request }: { request: Request }) {
  const { details, trouble } = request;
  return (
    <>
      <Eyebrow request={request} />
      <div class="who">
        <h2 id={TITLE}>{t.request.title(safeName(details.client.name))}</h2>
        {details.client.host && <p class="mut s"><bdi dir="auto">{safeName(details.client.host)}</bdi></p>}
      </div>
      <Facts request={request} />
      {details.why && <p class="why"><ShieldCheck /><span dir="auto">{visibleText(details.why)}</span></p>}
      {details.message !== null && <Message request={request} text={details.message} />}
      {trouble && <p class="note warn" role="alert"><CircleAlert /><span>{t.request.trouble[trouble.kind]}</span></p>}
      {details.mode === 'confirm' && <Confirm request={request} code={details.code} />}
      {details.mode === 'choose' && <Choose request={request} choices={details.choices} />}
      {details.mode === 'enter' && <Enter request={request} digits={details.digits} />}
    </>
  );
}

function Eyebrow({ request }: { request: Request }) {
  const left = useSecondsLeft(request.deadline) ?? 0;
  const mark = spokenMark(left);
  return (
    <>
      <p class="eyebrow">
        <Token state="here" />
        <span>{t.request.eyebrow}</span>
        <time role="timer" aria-label={t.request.timeLeft} dateTime={durationText(left)} dir="ltr">{clockText(left)}</time>
        <button class="icon" type="button" aria-label={t.request.later} onClick={closeRequest}><X /></button>
      </p>
      <TimeBar life={request.lifeS} left={left} key={request.deadline} />
      <p class="vh" role="status">{mark === null ? '' : t.request.secondsLeft(mark)}</p>
    </>
  );
}

function Facts({ request: { details } }: { request: Request }) {
  const { account, request } = details;
  const words = t.request;
  const place = request.place ?? request.ip;
  return (
    <dl class="facts well">
      <div><dt>{words.account}</dt><dd><bdi>{safeName(account.username)}</bdi></dd></div>
      <div><dt>{words.from}</dt><dd><bdi>{request.browser ? safeName(request.browser) : words.unknownBrowser}</bdi>{!request.known && <span class="pill warn">{words.firstTime}</span>}</dd></div>
      <div><dt>{words.where}</dt><dd><bdi dir="auto">{place ? safeName(place) : words.unknownPlace}</bdi> · {ago(request.at)}</dd></div>
    </dl>
  );
}

function ago(at: number): string {
  const minutes = Math.floor((exactNowS() - at) / 60);
  return minutes < 1 ? t.request.justNow : t.request.minutesAgo(minutes);
}

/* What the service wants approved, byte for byte, and marked as its words. */
function Message({ request, text }: { request: Request; text: string }) {
  return (
    <figure class="said well">
      <figcaption>{t.request.message(safeName(request.details.client.name))}</figcaption>
      <blockquote><bdi dir="auto">{text}</bdi></blockquote>
    </figure>
  );
}

function Confirm({ request, code }: { request: Request; code: string }) {
  return (
    <>
      <p id="ask">{t.request.confirm.lead}</p>
      <p class="vh" id="carry">{t.request.confirm.code(spelled(code))}</p>
      <p class="tiles" dir="ltr" aria-hidden="true">{[...code].map((letter, at) => <span key={at}>{letter}</span>)}</p>
      <div class="pair">
        <NotMe request={request} />
        <Button look="pri" busy={request.phase === 'sending'} onClick={() => void answerRequest(request, 'approve')}>{t.request.confirm.yes}</Button>
      </div>
    </>
  );
}

function Choose({ request, choices }: { request: Request; choices: string[] }) {
  const busy = request.phase === 'sending';
  return (
    <>
      <p id="ask">{t.request.choose.lead}</p>
      <div class="three" dir="ltr" role="group" aria-labelledby="ask">
        {choices.map((number) => (
          <button key={number} type="button" class="btn tint n" aria-disabled={busy ? 'true' : undefined}
            onClick={() => { if (!busy) void answerRequest(request, 'approve', number); }}>
            <span aria-hidden="true">{number}</span><span class="vh">{t.request.choose.number(spelled(number))}</span>
          </button>
        ))}
      </div>
      <div class="pair">
        <NotMe request={request} />
        <Button busy={busy} onClick={() => void answerRequest(request, 'deny')}>{t.request.choose.none}</Button>
      </div>
    </>
  );
}

function Enter({ request, digits }: { request: Request; digits: number }) {
  const [typed, setTyped] = useState('');
  const full = typed.length === digits;
  return (
    <>
      <p id="ask">{t.request.enter.lead}</p>
      <Pad digits={digits} typed={typed} onType={setTyped} />
      <div class="pair">
        <NotMe request={request} />
        <Button look="pri" busy={request.phase === 'sending'} disabled={!full} onClick={() => void answerRequest(request, 'approve', typed)}>{t.request.enter.yes}</Button>
      </div>
    </>
  );
}

function NotMe({ request }: { request: Request }) {
  return <Button look="bad" busy={request.phase === 'sending'} onClick={() => void answerRequest(request, 'deny')}>{t.request.notMe}</Button>;
}
