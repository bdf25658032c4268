/* A file of codes: what it is, its passphrase, a preview, and only then the change. */
import { useState } from 'preact/hooks';
import { Button } from '../../shared/button';
import { announce } from '../shell/announce';
import { FILE_SIZE_MAX, type Found } from '../vault/document';
import { mergeApply } from '../vault/entry';
import { importDetect, type Detected } from '../vault/import/index';
import { VaultProblem } from '../vault/problem';
import { arrived } from './arrived';
import { Progress } from './export';
import { FilePick } from './file_pick';
import { FileDown } from './icons';
import { goList, Page, Passphrase, submitted, useWork, Wrong } from './parts';
import { Preview, type Decided } from './preview';
import { change, nowSeconds } from './state';
import { c } from './text';

export function Import() {
  const [found, setFound] = useState<Found | null>(() => takeArrived());
  const [sealed, setSealed] = useState<Detected | null>(null);
  const { problem, run } = useWork();
  const open = (file: File) => run(async () => {
    setSealed(null);
    const detected = importDetect(await bytesOf(file));
    if (detected.sealed) setSealed(detected);
    else setFound(await detected.read(''));
  });
  const take = async (decided: Decided) => {
    const count = decided.filter(({ choice }) => choice !== 'skip').length;
    await change((now) => mergeApply(now, decided));
    announce(c.taken(count));
    goList();
  };
  if (found) return <Page title={c.previewTitle} parent="more" key="preview"><Preview found={dated(found)} onTake={take} /></Page>;
  return (
    <Page title={c.importTitle} parent="more">
      <div class="card form">
        {sealed ? <Open detected={sealed} onFound={setFound} /> : <p class="mut">{c.importNote}</p>}
        <Wrong problem={problem} />
        <FilePick icon={FileDown} look={sealed ? 'tint' : 'pri'} label={c.chooseFile} onFile={open} />
      </div>
      <How />
    </Page>
  );
}

function Open({ detected, onFound }: { detected: Detected; onFound: (found: Found) => void }) {
  const [passphrase, setPassphrase] = useState('');
  const [share, setShare] = useState(0);
  const { busy, problem, run, clear } = useWork();
  const type = (value: string) => {
    setPassphrase(value);
    clear();
  };
  return (
    <form class="form inner" noValidate onSubmit={submitted(() => run(async () => onFound(await detected.read(passphrase, setShare))))}>
      <p>{c.fileSealed(c.sources[detected.source])}</p>
      <Passphrase label={c.filePassphrase} value={passphrase} wrong={problem ? c.problems[problem] : undefined} onValue={type} />
      {busy && <Progress words={c.opening} share={share} />}
      <Button look="pri" type="submit" busy={busy}>{c.open}</Button>
    </form>
  );
}

function How() {
  const ways = [c.howGoogle, c.howAegis, c.howTwoFas, c.howEnte, c.howBitwarden, c.howOther];
  return (
    <details class="card how-list">
      <summary>{c.how}</summary>
      <ul>{ways.map((way) => <li key={way}>{way}</li>)}</ul>
    </details>
  );
}

async function bytesOf(file: File): Promise<Uint8Array> {
  if (file.size > FILE_SIZE_MAX) throw new VaultProblem('file_big');
  return new Uint8Array(await file.arrayBuffer());
}

/* Formats that do not say when a code came: now. */
function dated(found: Found): Found {
  return { ...found, entries: found.entries.map((entry) => ({ ...entry, added_at: entry.added_at || nowSeconds() })) };
}

function takeArrived(): Found | null {
  const found = arrived.peek()?.found ?? null;
  arrived.value = null;
  return found;
}
