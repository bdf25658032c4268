/* The authenticator begins: language, what is kept here, then the first view. */
import { render } from 'preact';
import { Announcement } from './shell/announce';
import { Frame } from './shell/frame';
import { Lazy } from './shell/lazy';
import { followAddress, route } from './shell/route';
import { speak } from './text';

const loadCodes = () => import('./codes/codes').then(({ Codes }) => Codes);

function View() {
  switch (route.value.place) {
    case 'codes': return <Lazy load={loadCodes} key="codes" />;
    default: return null;
  }
}

function App() {
  return <><Frame waiting={0}><View /></Frame><Announcement /></>;
}

await speak(navigator.languages);
followAddress();
const root = document.getElementById('app');
if (root) render(<App />, root);
