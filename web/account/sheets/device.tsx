/* One device: its name, how it is, and the way to be rid of it. */
import { announce } from '../../shared/announce';
import { Button } from '../../shared/button';
import { Trash } from '../../shared/icons';
import { change, changeAndClose, openSheet, overview } from '../account';
import * as api from '../api';
import type { Device } from '../model';
import { deviceName } from '../names';
import { t, when } from '../text';
import { Choice, ProblemNote, SheetHead } from '../views/parts';
import { HealthPill } from '../views/devices';
import { healthOf, isLastWay } from '../safety';
import { Gone } from './gone';
import { NameForm } from './name_form';
import { TestPush } from './test_push';

function deviceOf(id: string): Device | undefined {
  return overview.value?.devices.find((device) => device.id === id);
}

export function DeviceSheet({ id }: { id: string }) {
  const device = deviceOf(id);
  if (!device) return <Gone>{t.device.gone}</Gone>;
  const rename = async (name: string, onRefused: (error: string) => boolean) => {
    const done = await change(() => api.renameDevice(id, name), onRefused);
    if (done !== null) announce(t.device.saved(deviceName({ name })));
    return done !== null;
  };
  return (
    <>
      <SheetHead title={deviceName(device)} />
      <Facts device={device} />
      <TestPush device={device} />
      <NameForm label={t.device.name} name={device.name} save={t.device.save} onSave={rename} />
      <Button look="bad" icon={Trash} onClick={() => openSheet('remove-device', id)}>{t.device.remove}</Button>
    </>
  );
}

function Facts({ device }: { device: Device }) {
  const now = overview.value?.server_time ?? 0;
  const ago = (at: number) => (at > 0 ? when.ago(at, now) : t.device.never);
  return (
    <dl class="facts well">
      <div><dt>{t.device.push}</dt><dd>{pushWords(device, now)}<HealthPill health={healthOf(device, now)} /></dd></div>
      <div><dt>{t.device.contact}</dt><dd>{ago(device.last_contact)}</dd></div>
      <div><dt>{t.device.added}</dt><dd>{when.full(device.created_at)}</dd></div>
      {device.platform && <div><dt>{t.device.system}</dt><dd><bdi>{device.platform}</bdi></dd></div>}
    </dl>
  );
}

function pushWords(device: Device, now: number): string {
  if (!device.push.subscribed) return t.device.pushOff;
  const health = healthOf(device, now);
  if (health === 'failing') return t.device.pushFailing;
  return device.push.reachable_since > 0 ? t.device.pushWorks : t.device.pushUntested;
}

export function RemoveDevice({ id }: { id: string }) {
  const device = deviceOf(id);
  if (!device) return <Gone>{t.device.gone}</Gone>;
  const name = deviceName(device);
  const last = overview.value !== null && isLastWay(overview.value, 'device');
  return (
    <>
      <SheetHead title={t.device.removeTitle(name)} lead={last ? t.device.removeLast : t.device.removeLead} />
      <ProblemNote />
      {last
        ? <div class="ends"><Button onClick={() => openSheet('device', id)}>{t.back}</Button><Button look="pri" onClick={() => openSheet('add-device')}>{t.devices.addLong}</Button></div>
        : <Choice yes={t.device.removeYes} onYes={() => void changeAndClose(() => api.removeDevice(id), t.device.removed(name))} />}
    </>
  );
}
