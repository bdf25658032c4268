/* The devices that can approve a sign-in. */
import { Button } from '../../shared/button';
import { Check, Laptop, Plus, Smartphone, TabletSmartphone, TriangleAlert, type Icon } from '../../shared/icons';
import { openSheet, overview } from '../account';
import type { Device } from '../model';
import { deviceName, dotted } from '../names';
import { daysSilent, healthOf, type Health } from '../safety';
import { t, when } from '../text';
import { Card, Empty, Pill, RowButton, type Tone } from './parts';

export function Devices() {
  const now = overview.value;
  if (!now) return null;
  const any = now.devices.length > 0;
  const add = <Button small look="tint" icon={Plus} label={t.devices.addLong} onClick={() => openSheet('add-device')}>{t.devices.add}</Button>;
  return (
    <Card id="devices" title={t.devices.title} action={any && add}>
      {any ? <ul class="rows">{now.devices.map((device) => <DeviceRow key={device.id} device={device} now={now.server_time} />)}</ul> : <NoDevice />}
    </Card>
  );
}

function NoDevice() {
  return (
    <>
      <Empty icon={Smartphone} title={t.devices.none}>{t.devices.noneLead}</Empty>
      <div class="foot"><Button look="tint" icon={Plus} onClick={() => openSheet('add-device')}>{t.devices.addLong}</Button></div>
    </>
  );
}

const TONES: Record<Health, Tone> = { ready: 'ok', silent: 'warn', failing: 'warn', noPush: 'pri', untested: 'pri' };

function DeviceRow({ device, now }: { device: Device; now: number }) {
  const health = healthOf(device, now);
  return (
    <RowButton icon={deviceIcon(device)} tone={TONES[health]} title={deviceName(device)} pill={<HealthPill health={health} />}
      detail={healthLine(device, health, now)} onClick={() => openSheet('device', device.id)} />
  );
}

export function HealthPill({ health }: { health: Health }) {
  if (health === 'ready') return <Pill tone="ok" icon={Check}>{t.devices.ready}</Pill>;
  if (health === 'silent') return <Pill tone="warn" icon={TriangleAlert}>{t.devices.silent}</Pill>;
  if (health === 'failing') return <Pill tone="warn" icon={TriangleAlert}>{t.devices.failing}</Pill>;
  return null;
}

function healthLine(device: Device, health: Health, now: number): string {
  if (health === 'silent') return t.devices.noContact(daysSilent(device, now));
  if (health === 'ready') return t.devices.pushReached(when.ago(device.push.confirmed_at, now));
  if (health === 'failing') return t.devices.pushFailed(when.ago(device.push.failed_at, now));
  const contact = device.last_contact > 0 ? t.devices.contact(when.ago(device.last_contact, now)) : t.devices.neverSeen;
  return dotted(contact, health === 'noPush' ? t.devices.noPush : t.devices.pushUntested);
}

export function deviceIcon({ platform, name }: Pick<Device, 'platform' | 'name'>): Icon {
  if (/ipad|tablet/i.test(`${platform} ${name}`)) return TabletSmartphone;
  return /linux|windows|mac|node|desktop|chromeos/i.test(platform) ? Laptop : Smartphone;
}
