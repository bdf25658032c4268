/* The authenticator begins: language, what is kept here, then the first view. */
import { effect } from '@preact/signals';
import { render } from 'preact';
import { begin, pendingAccount, resume, step } from './add/enrol';
import { EnrolSheet } from './add/sheet';
import { Add } from './add/view';
import { watchInstall } from './first/platform';
import { Welcome } from './first/view';
import { takeEcho } from './health/reports';
import { HealthView } from './health/view';
import { History } from './history/view';
import { keepPushTrue, worker } from './push/push';
import { askAll, followAccounts } from './requests/lines';
import { endAnswered, open, pollRequests, requests, shownId, showRequest } from './requests/requests';
import { RequestSheet } from './requests/sheet';
import { Requests } from './requests/view';
import { announce, Announcement } from './shell/announce';
import { Banners } from './shell/banners';
import { Frame } from './shell/frame';
import { Lazy } from './shell/lazy';
import { arrival, followAddress, route } from './shell/route';
import { accounts, activeAccounts, loadMemory, storage } from './store/memory';
import { hear } from './store/tabs';
import { speak, t } from './text';

const loadCodes = () => import('./codes/codes').then(({ Codes }) => Codes);

function View() {
  switch (route.value.place) {
    case 'requests': return accounts.value.some(({ state }) => state !== 'confirm') ? <Requests /> : <Welcome />;
    case 'codes': return <Lazy load={loadCodes} props={{}} key="codes" />;
    case 'history': return <History />;
    case 'health': return <HealthView />;
    case 'add': return <Add />;
  }
}

function App() {
  return (
    <>
      <Frame waiting={open.value.length}><Banners /><View /></Frame>
      <EnrolSheet />
      {step.value === null && <RequestSheet />}
      <Announcement />
    </>
  );
}

/* A link or a notification brought the person here. */
function followArrivals(): void {
  effect(() => {
    const came = arrival.value;
    if (!came) return;
    arrival.value = null;
    if (came.kind === 'enrolment') void begin(came.link);
    else void openRequest(came.id);
  });
}

/* It may not be fetched yet, and it may be over. */
async function openRequest(id: string): Promise<void> {
  showRequest(id);
  const answers = await Promise.all(activeAccounts.peek().map((account) => pollRequests(account, true)));
  if (requests.peek().some(({ details }) => details.id === id) || shownId.peek() !== id) return;
  shownId.value = null;
  if (answers.length > 0) announce(answers.every(Boolean) ? t.ending.gone.title : t.requests.offline);
}

function followWords(): void {
  hear((word) => {
    if (word.kind === 'ask') askAll();
    else if (word.kind === 'open') void openRequest(word.id);
    else if (word.kind === 'answered') endAnswered(word.id, word.state);
    else if (word.kind === 'echoed') takeEcho(word.at);
    else void loadMemory();
  });
}

/* The number on the app's icon, and no notification for what is on the screen or over. */
function followOpen(): void {
  effect(() => {
    const count = open.value.length;
    if ('setAppBadge' in navigator) void (count > 0 ? navigator.setAppBadge(count) : navigator.clearAppBadge()).catch(() => {});
    if (document.hasFocus()) void closeNotifications();
  });
}

async function closeNotifications(): Promise<void> {
  const here = await worker();
  const all = (await here?.getNotifications().catch(() => [])) ?? [];
  for (const one of all) if (one.tag.startsWith('c.')) one.close();
}

watchInstall();
await Promise.all([speak(navigator.languages), loadMemory()]);
followAddress();
followArrivals();
followWords();
const root = document.getElementById('app');
if (root) render(<App />, root);
if (storage.peek() === 'here') {
  keepPushTrue();
  followAccounts();
  followOpen();
  const pending = pendingAccount();
  if (pending && !step.peek()) resume(pending);
}
