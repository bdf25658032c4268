/* What concerns all codes. */
import { LockKeyhole } from '../../shared/icons';
import { ArrowDownUp, FileDown, FileLock } from './icons';
import { MenuRow, Page, Switch } from './parts';
import { prefs, prefsSet } from './prefs';
import { book, lock } from './state';
import { c } from './text';

export function More() {
  const { hide, next } = prefs.value;
  return (
    <Page title={c.title}>
      <ul class="rows card menu">
        <MenuRow icon={LockKeyhole} tone={lock.value ? 'ok' : 'warn'} title={c.lockTitle} text={lock.value ? c.lockMenuOn : c.lockMenuOff} to="lock" />
        <MenuRow icon={FileDown} title={c.importTitle} text={c.importHow} to="import" />
        <MenuRow icon={FileLock} title={c.exportTitle} text={c.exportHow} to="export" />
        {book.value.length > 1 && <MenuRow icon={ArrowDownUp} title={c.arrange} text={c.arrangeHow} to="arrange" />}
      </ul>
      <div class="card switches">
        <Switch title={c.hide} text={c.hideHow} on={hide} onChange={(on) => prefsSet({ hide: on })} />
        <Switch title={c.showNext} text={c.showNextHow} on={next} onChange={(on) => prefsSet({ next: on })} />
      </div>
    </Page>
  );
}
