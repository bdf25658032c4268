/* The sign-in page begins with the state that the server put into it, so the first screen needs no request. */
import { render } from 'preact';
import { getJson } from '../shared/http';
import { start, view } from './login';
import { errorState, readState, type State } from './state';
import { speak } from './text';
import { Consent } from './views/consent';
import { Done, Ending } from './views/endings';
import { ErrorPage } from './views/errors';
import { Identify, Pass, Password, Recovery } from './views/forms';
import { Frame } from './views/frame';
import { Push, PushStart } from './views/push';
import { Totp } from './views/totp';

function Screen() {
  const current = view.value;
  switch (current.kind) {
    case 'identify': return <Identify />;
    case 'password': return <Password />;
    case 'totp': return <Totp />;
    case 'recovery': return <Recovery />;
    case 'pass': return <Pass />;
    case 'push': return <Push />;
    case 'push_start': return <PushStart />;
    case 'consent': return <Consent />;
    case 'done': return <Done />;
    case 'ending': return <Ending ending={current.ending} over={current.over} />;
    case 'error': return <ErrorPage code={current.code} />;
  }
}

function App() {
  const { kind } = view.value;
  return <Frame ending={kind === 'ending' || kind === 'error' || kind === 'done'}><Screen /></Frame>;
}

function embeddedState(): State | null {
  const block = document.getElementById('state')?.textContent;
  if (!block) return null;
  try {
    return readState(JSON.parse(block));
  } catch {
    return null;
  }
}

/* Without a data block (a proxy that strips scripts, say) the same state can be had by asking. */
async function askedState(): Promise<State> {
  const login = new URLSearchParams(location.search).get('login');
  const answer = login ? await getJson(`/signin/v1/logins/${encodeURIComponent(login)}`) : null;
  const state = answer?.kind === 'ok' ? readState(answer.body) : null;
  return state ?? errorState(login && answer?.kind !== 'refused' ? 'server_trouble' : 'no_login', null);
}

const first = embeddedState() ?? (await askedState());
await speak(first.ui_locales, navigator.languages);
start(first);
const root = document.getElementById('app');
if (root) render(<App />, root);
