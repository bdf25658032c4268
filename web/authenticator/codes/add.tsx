/* The ways in for a new code. */
import { useState } from 'preact/hooks';
import { ClipboardPaste, ScanLine } from '../../shared/icons';
import { Lazy } from '../shell/lazy';
import { ConflictSheet } from './conflict';
import { FileDown, Image, Keyboard } from './icons';
import { goList, MenuRow, Page } from './parts';
import { useIncoming } from './incoming';
import { c } from './text';

const loadScanner = () => import('./scan').then(({ Scanner }) => Scanner);

export function Add() {
  const [open, setOpen] = useState<'camera' | 'picture' | null>(null);
  const incoming = useIncoming(goList);
  const close = () => setOpen(null);
  return (
    <Page title={c.addTitle}>
      <ul class="rows card menu">
        <MenuRow icon={ScanLine} tone="pri" title={c.scan} text={c.scanHow} onClick={() => setOpen('camera')} />
        <MenuRow icon={Image} title={c.picture} text={c.pictureHow} onClick={() => setOpen('picture')} />
        <MenuRow icon={ClipboardPaste} title={c.paste} text={c.pasteHow} to="paste" />
        <MenuRow icon={Keyboard} title={c.hand} text={c.handHow} to="hand" />
        <MenuRow icon={FileDown} title={c.bring} text={c.importHow} to="import" />
      </ul>
      {open && <Lazy load={loadScanner} props={{ start: open, onClose: close, onText: (text: string) => incoming.text(text, close) }} />}
      {incoming.conflict && <ConflictSheet {...incoming.conflict} />}
    </Page>
  );
}
