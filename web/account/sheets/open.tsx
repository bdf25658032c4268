/* The sheet that lies on top, if any. What needs a fresh proof begins with that. */
import { useLayoutEffect } from 'preact/hooks';
import type { FunctionComponent } from 'preact';
import { Sheet } from '../../shared/sheet';
import { leaveSheet, proofWanted, sheet } from '../account';
import { SHEET_TITLE } from '../views/parts';
import { AddDevice } from './add_device';
import { DeviceSheet, RemoveDevice } from './device';
import { EndOthers, EndSession, ExportData, ForgetBrowser } from './endings';
import { EntrySheet } from './entry';
import { PasswordSheet } from './password';
import { Proof } from './proof';
import { RecoverySheet } from './recovery';
import type { SheetName } from './sheet';
import { AddTotp } from './totp';
import { RemoveTotp, TotpEntry } from './totp_entry';

const SHEETS: Record<SheetName, FunctionComponent<{ id: string }>> = {
  'add-device': AddDevice,
  device: DeviceSheet,
  'remove-device': RemoveDevice,
  totp: AddTotp,
  'totp-entry': TotpEntry,
  'remove-totp': RemoveTotp,
  recovery: RecoverySheet,
  password: PasswordSheet,
  export: ExportData,
  'end-session': EndSession,
  'end-others': EndOthers,
  'forget-browser': ForgetBrowser,
  entry: EntrySheet,
};

export function OpenSheet() {
  const open = sheet.value;
  if (!open) return null;
  const Content = SHEETS[open.name];
  const key = proofWanted.value ? 'proof' : `${open.name} ${open.id}`;
  return (
    <Sheet labelledBy={SHEET_TITLE} onClose={leaveSheet}>
      <Arrival key={key}>{proofWanted.value ? <Proof /> : <Content id={open.id} />}</Arrival>
    </Sheet>
  );
}

/* One sheet that becomes another keeps the focus inside: in its first field, or at its heading. */
function Arrival({ children }: { children: preact.ComponentChildren }) {
  useLayoutEffect(() => {
    const dialog = document.querySelector('dialog[open]');
    const first = dialog?.querySelector<HTMLElement>('[data-first]') ?? document.getElementById(SHEET_TITLE);
    first?.focus();
  }, []);
  return <>{children}</>;
}
