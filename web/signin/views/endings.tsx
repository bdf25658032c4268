/* How a sign-in ends, well or not. No ending is a dead end: try again, another way, back to the service. */
import { CircleAlert, Clock, Monitor, ShieldCheck, Smartphone, type Icon } from '../../shared/icons';
import { Token, type TokenState } from '../../shared/mark';
import { returnUrl } from '../../shared/url';
import { finish, joined, leavingTo, problem, sendPush, state } from '../login';
import { t } from '../text';
import { mayPush, type Ending as EndingName } from '../view';
import { OpenHere } from './push';
import { AnotherWay } from './ways';
import { BackLink, clientName, Head, ProblemNote, WaitButton, WhoLine, WhyLine } from './parts';

interface Look {
  token: TokenState;
  icon: Icon;
  /* what we would do in their place */
  first: 'again' | 'ways';
}

const LOOKS: Record<EndingName, Look> = {
  denied: { token: 'bad', icon: ShieldCheck, first: 'ways' },
  reported: { token: 'bad', icon: ShieldCheck, first: 'ways' },
  wrong: { token: 'miss', icon: CircleAlert, first: 'ways' },
  expired: { token: 'gone', icon: Clock, first: 'again' },
  ended: { token: 'gone', icon: Clock, first: 'again' },
  superseded: { token: 'gone', icon: Monitor, first: 'again' },
  too_many: { token: 'sent', icon: Smartphone, first: 'ways' },
  other_request: { token: 'gone', icon: Smartphone, first: 'again' },
  no_factor: { token: 'gone', icon: CircleAlert, first: 'ways' },
  not_allowed: { token: 'gone', icon: CircleAlert, first: 'ways' },
  refused: { token: 'gone', icon: CircleAlert, first: 'ways' },
  login_expired: { token: 'gone', icon: Clock, first: 'ways' },
  login_superseded: { token: 'gone', icon: Monitor, first: 'ways' },
};

/* `over`: the whole login has ended, so nothing more can be asked in it. */
export function Ending({ ending, over }: { ending: EndingName; over: boolean }) {
  const { token, icon: Sign } = LOOKS[ending];
  const words = t.endings[ending];
  return (
    <>
      <Token state={token} large />
      <Head title={words.title} alarm><p>{words.lead}</p></Head>
      {words.note && <p class="note"><Sign /><span>{words.note}</span></p>}
      <WhyLine />
      <ProblemNote />
      {over ? <WayOut /> : <WaysOn ending={ending} />}
    </>
  );
}

function WaysOn({ ending }: { ending: EndingName }) {
  const { factor, ways } = state.value;
  if (!factor && ways.length === 0) return <NothingLeft />;
  const first = LOOKS[ending].first;
  const pushable = mayPush(state.value);
  const again = (look: 'pri' | 'sec') =>
    pushable && <WaitButton look={look} onClick={sendPush}>{ending === 'superseded' ? t.useThisWindow : t.sendAgain}</WaitButton>;
  return (
    <div class="acts">
      {ending === 'too_many' && <OpenHere />}
      {first === 'again' && again('pri')}
      <AnotherWay look={first === 'again' && pushable ? 'sec' : 'pri'} />
      {first === 'ways' && again('sec')}
      <WhoLine />
      <BackLink />
    </div>
  );
}

/* The account has no way to go on with: the service first, then who can help. */
function NothingLeft() {
  return (
    <div class="acts">
      <BackLink look="pri" />
      <AnotherWay />
      <WhoLine />
    </div>
  );
}

function WayOut() {
  const back = returnUrl(state.value.cancel_url);
  return back ? <div class="acts"><BackLink look="pri" /></div> : <p class="quiet">{t.noWayBack(clientName())}</p>;
}

export function Done() {
  const stuck = problem.value !== null;
  return (
    <>
      <div class="halo"><Token state="ok" large join /></div>
      <div class="head" role="status">
        <h1 tabIndex={-1}>{joined.value ? t.done.match : t.done.in}</h1>
        <p>{stuck ? t.done.stuck : t.done.lead(clientName())}</p>
      </div>
      <ProblemNote retry={finish} />
      {leavingTo.value && <p class="who"><a class="link" href={leavingTo.value}>{t.done.now}</a></p>}
    </>
  );
}
