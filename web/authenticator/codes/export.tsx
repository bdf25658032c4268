/* Codes as a file: encrypted, or plain after a warning. Both ask for a fresh unlock. */
import { useState } from 'preact/hooks';
import { Button } from '../../shared/button';
import { ShieldAlert } from '../../shared/icons';
import { saveFile } from '../../shared/save_file';
import { announce } from '../shell/announce';
import { exportList, exportSealed } from '../vault/exchange';
import { passphraseNew } from '../vault/passphrase';
import { FileDown, FileLock, FileText } from './icons';
import { goList, MenuRow, Page, Passphrase, submitted, useWork, Wrong } from './parts';
import { Prove } from './prove';
import { book, nowSeconds } from './state';
import { c } from './text';

export function Export() {
  const [kind, setKind] = useState<'sealed' | 'plain' | null>(null);
  if (book.value.length === 0) return <Page title={c.exportTitle} parent="more"><p class="mut">{c.exportNone}</p></Page>;
  return (
    <Page title={c.exportTitle} parent="more">
      {kind === null && (
        <ul class="rows card menu">
          <MenuRow icon={FileLock} tone="ok" title={c.exportSealed} text={c.exportSealedHow} onClick={() => setKind('sealed')} />
          <MenuRow icon={FileText} tone="warn" title={c.exportPlain} text={c.exportPlainHow} onClick={() => setKind('plain')} />
        </ul>
      )}
      {kind !== null && <div class="card form"><Prove>{kind === 'sealed' ? <Sealed /> : <Plain />}</Prove></div>}
    </Page>
  );
}

function Sealed() {
  const [passphrase, setPassphrase] = useState('');
  const [again, setAgain] = useState('');
  const [differs, setDiffers] = useState(false);
  const [share, setShare] = useState(0);
  const { busy, problem, run, clear } = useWork();
  const save = () => run(async () => {
    passphraseNew(passphrase);
    if (passphrase !== again) return setDiffers(true);
    const now = nowSeconds();
    saveFile(fileName(now, 'json'), 'application/json', await exportSealed(book.value, now, passphrase, setShare));
    finish();
  });
  const type = (set: (value: string) => void) => (value: string) => {
    set(value);
    setDiffers(false);
    clear();
  };
  return (
    <form class="form inner" noValidate onSubmit={submitted(save)}>
      <Passphrase fresh label={c.exportPass} hint={c.exportPassHow} value={passphrase} wrong={problem ? c.problems[problem] : undefined} onValue={type(setPassphrase)} />
      <Passphrase fresh label={c.exportPassAgain} value={again} wrong={differs ? c.differs : undefined} onValue={type(setAgain)} />
      {busy && <Progress words={c.exporting} share={share} />}
      <Button look="pri" type="submit" icon={FileDown} busy={busy}>{c.exportGo}</Button>
    </form>
  );
}

function Plain() {
  const [understood, setUnderstood] = useState(false);
  const { busy, problem, run } = useWork();
  const save = () => run(async () => {
    saveFile(fileName(nowSeconds(), 'txt'), 'text/plain', exportList(book.value));
    finish();
  });
  return (
    <form class="form inner" onSubmit={submitted(save)}>
      <p class="note bad"><ShieldAlert /><span>{c.exportWarn}</span></p>
      <label class="tick"><input type="checkbox" checked={understood} onChange={(event) => setUnderstood(event.currentTarget.checked)} />{c.exportUnderstood}</label>
      <Wrong problem={problem} />
      <Button look="pri" type="submit" icon={FileDown} busy={busy} disabled={!understood}>{c.exportGo}</Button>
    </form>
  );
}

export function Progress({ words, share }: { words: string; share: number }) {
  return <p class="progress" role="status"><span>{words}</span><progress max={1} value={share} aria-label={words} /></p>;
}

function finish(): void {
  announce(c.exported(book.value.length));
  goList();
}

function fileName(now_s: number, ending: string): string {
  return `symbolon-codes-${new Date(now_s * 1000).toISOString().slice(0, 10)}.${ending}`;
}
