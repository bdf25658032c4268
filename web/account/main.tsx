/* The account page begins with the overview that the server put into it, so the first look needs no request. */
import { render } from 'preact';
import { over, overview, start } from './account';
import { speak } from './text';
import { Data } from './views/data';
import { Devices } from './views/devices';
import { followAddress, Frame, Over, place } from './views/frame';
import { Past, Recent } from './views/history';
import { Browsers, Sessions } from './views/sessions';
import { OpenSheet } from './sheets/open';
import { Summary } from './views/summary';
import { Ways } from './views/ways';

function Home() {
  const full = overview.value?.access === 'full';
  return (
    <>
      <Summary />
      <div class="cols">
        <div class="col"><Devices /><Ways />{full && <Browsers />}</div>
        {full && <div class="col"><Sessions /><Recent /><Data /></div>}
      </div>
    </>
  );
}

function App() {
  if (over.value || !overview.value) return <Frame><Over /></Frame>;
  return (
    <>
      <Frame>{place.value === 'past' && overview.value.access === 'full' ? <Past /> : <Home />}</Frame>
      <OpenSheet />
    </>
  );
}

function embedded(): unknown {
  try {
    return JSON.parse(document.getElementById('state')?.textContent ?? 'null');
  } catch {
    return null;
  }
}

await speak(navigator.languages);
followAddress();
/* The first card should not say "all is well" and then think better of it; but it does not wait long for that. */
const PATIENCE_MS = 700;
await Promise.race([start(embedded()), new Promise((enough) => setTimeout(enough, PATIENCE_MS))]);
const root = document.getElementById('app');
if (root) render(<App />, root);
