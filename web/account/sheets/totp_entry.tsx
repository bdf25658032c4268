/* Codes that are on: their name, another one beside them, and the way to turn them off. */
import { announce } from '../../shared/announce';
import { Button } from '../../shared/button';
import { Plus, Trash } from '../../shared/icons';
import { change, changeAndClose, openSheet, overview } from '../account';
import * as api from '../api';
import type { Totp } from '../model';
import { totpName } from '../names';
import { isLastWay } from '../safety';
import { t, when } from '../text';
import { Choice, ProblemNote, SheetHead } from '../views/parts';
import { Gone } from './gone';
import { NameForm } from './name_form';

function totpOf(id: string): Totp | undefined {
  return overview.value?.totp.find((totp) => totp.id === id);
}

export function TotpEntry({ id }: { id: string }) {
  const totp = totpOf(id);
  if (!totp) return <Gone>{t.totp.gone}</Gone>;
  const now = overview.value?.server_time ?? 0;
  const rename = async (name: string, onRefused: (error: string) => boolean) => {
    const done = await change(() => api.renameTotp(id, name), onRefused);
    if (done !== null) announce(t.device.saved(totpName({ ...totp, label: name })));
    return done !== null;
  };
  return (
    <>
      <SheetHead title={totpName(totp)} />
      <dl class="facts well">
        <div><dt>{t.totp.lastUsed}</dt><dd>{totp.used_at > 0 ? when.ago(totp.used_at, now) : t.device.never}</dd></div>
        <div><dt>{t.device.added}</dt><dd>{when.full(totp.created_at)}</dd></div>
      </dl>
      <NameForm label={t.device.name} name={totp.label} save={t.device.save} onSave={rename} />
      <Button icon={Plus} onClick={() => openSheet('totp')}>{t.totp.another}</Button>
      <Button look="bad" icon={Trash} onClick={() => openSheet('remove-totp', id)}>{t.totp.remove}</Button>
    </>
  );
}

export function RemoveTotp({ id }: { id: string }) {
  const totp = totpOf(id);
  if (!totp) return <Gone>{t.totp.gone}</Gone>;
  const last = overview.value !== null && isLastWay(overview.value, 'totp');
  return (
    <>
      <SheetHead title={t.totp.removeTitle(totpName(totp))} lead={last ? t.totp.removeLast : t.totp.removeLead} />
      <ProblemNote />
      {last
        ? <div class="ends"><Button onClick={() => openSheet('totp-entry', id)}>{t.back}</Button><Button look="pri" onClick={() => openSheet('add-device')}>{t.devices.addLong}</Button></div>
        : <Choice yes={t.totp.removeYes} onYes={() => void changeAndClose(() => api.removeTotp(id), t.totp.removed)} />}
    </>
  );
}
