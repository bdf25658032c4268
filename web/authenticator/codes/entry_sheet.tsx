/* What can be done with one code. */
import { useState } from 'preact/hooks';
import { Avatar } from '../../shared/avatar';
import { Button } from '../../shared/button';
import { Copy, QrCode, Trash } from '../../shared/icons';
import { Lazy } from '../shell/lazy';
import { go } from '../shell/route';
import { Sheet } from '../shell/sheet';
import { t } from '../text';
import { nameOf } from '../vault/code';
import { bookEdit, bookRemove, bookRestore, type Entry } from '../vault/entry';
import { Pencil, Pin, PinOff } from './icons';
import { MenuRow, named, Names } from './parts';
import { copyAndSay } from './row';
import { attempt, book, change } from './state';
import { c } from './text';
import { undoOffer } from './undo';
import { useCodes } from './use_codes';

const loadQr = () => import('./qr_show').then(({ QrShow }) => QrShow);

export function EntrySheet({ entry, onClose }: { entry: Entry; onClose: () => void }) {
  const [qr, setQr] = useState(false);
  return (
    <Sheet labelledBy="entry-title" onClose={onClose}>
      <h2 id="entry-title" class="entry-title"><Avatar id={entry.issuer || entry.account} name={nameOf(entry)} /><Names code={entry} /></h2>
      {qr ? <Lazy load={loadQr} props={{ entry }} /> : <Menu entry={entry} onQr={() => setQr(true)} onClose={onClose} />}
      <Button onClick={onClose}>{t.close}</Button>
    </Sheet>
  );
}

function Menu({ entry, onQr, onClose }: { entry: Entry; onQr: () => void; onClose: () => void }) {
  const shown = useCodes(entry);
  const then = (work: () => unknown) => () => {
    onClose();
    void work();
  };
  return (
    <ul class="rows menu">
      <MenuRow icon={Copy} title={c.copyNext} onClick={then(() => shown && copyAndSay(shown.next))} />
      <MenuRow icon={entry.pinned ? PinOff : Pin} title={entry.pinned ? c.unpin : c.pin} onClick={then(() => attempt(() => change((now) => bookEdit(now, entry.id, { pinned: !entry.pinned }))))} />
      <MenuRow icon={Pencil} title={c.edit} onClick={then(() => go('codes', `edit/${entry.id}`))} />
      <MenuRow icon={QrCode} title={c.showQr} onClick={onQr} />
      <MenuRow icon={Trash} tone="bad" title={c.remove} onClick={then(() => removeWithUndo(entry))} />
    </ul>
  );
}

export async function removeWithUndo(entry: Entry): Promise<void> {
  const at = book.peek().findIndex((one) => one.id === entry.id);
  const done = await attempt(() => change((now) => bookRemove(now, entry.id)));
  if (done) undoOffer(c.removed(named(entry)), () => void attempt(() => change((now) => bookRestore(now, entry, at))));
}
