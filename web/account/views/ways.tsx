/* What else proves that it is you: codes, recovery codes, the password. */
import { Button } from '../../shared/button';
import { Clock, KeyRound, Plus, Ticket } from '../../shared/icons';
import { openSheet, overview } from '../account';
import { RECOVERY_TOTAL, type Overview, type Totp } from '../model';
import { dotted, totpName } from '../names';
import { RECOVERY_FEW } from '../safety';
import { t, when } from '../text';
import { Card, Row, RowButton } from './parts';

export function Ways() {
  const now = overview.value;
  if (!now) return null;
  return (
    <Card id="ways" title={t.ways.title}>
      <ul class="rows">
        {now.totp.map((totp) => <TotpRow key={totp.id} totp={totp} now={now.server_time} />)}
        {now.totp.length === 0 && <NoTotpRow />}
        <RecoveryRow now={now} />
        <PasswordRow now={now} />
      </ul>
    </Card>
  );
}

function TotpRow({ totp, now }: { totp: Totp; now: number }) {
  const used = totp.used_at > 0 ? t.ways.lastUsed(when.ago(totp.used_at, now)) : t.ways.neverUsed;
  return <RowButton icon={Clock} title={totpName(totp)} detail={dotted(t.ways.added(when.ago(totp.created_at, now)), used)} onClick={() => openSheet('totp-entry', totp.id)} />;
}

function NoTotpRow() {
  return (
    <Row icon={Clock} title={t.ways.totp} detail={t.ways.totpNone}>
      <Button small look="tint" icon={Plus} label={`${t.ways.setUp}: ${t.ways.totp}`} onClick={() => openSheet('totp')}>{t.ways.setUp}</Button>
    </Row>
  );
}

function RecoveryRow({ now }: { now: Overview }) {
  const { left, issued_at: issued } = now.recovery;
  const has = issued > 0;
  const act = has ? t.ways.newCodes : t.ways.getCodes;
  return (
    <Row icon={Ticket} tone={has && left <= RECOVERY_FEW ? 'warn' : 'pri'} title={t.ways.recovery} detail={has ? <Left left={left} /> : t.ways.recoveryNone}>
      <Button small look={has ? 'sec' : 'tint'} label={`${act}: ${t.ways.recovery}`} onClick={() => openSheet('recovery')}>{act}</Button>
    </Row>
  );
}

function Left({ left }: { left: number }) {
  const words = t.ways.left(left, RECOVERY_TOTAL);
  return (
    <span class="left">
      <span>{words}</span>
      <span class="dots" aria-hidden="true">{Array.from({ length: RECOVERY_TOTAL }, (_, at) => <i key={at} class={at < left ? 'on' : undefined} />)}</span>
    </span>
  );
}

function PasswordRow({ now }: { now: Overview }) {
  const { set } = now.password;
  const act = set ? t.ways.change : t.ways.choose;
  return (
    <Row icon={KeyRound} title={t.ways.password} detail={passwordLine(now)}>
      {(!set || now.access === 'full') && <Button small label={`${act}: ${t.ways.password}`} onClick={() => openSheet('password')}>{act}</Button>}
    </Row>
  );
}

function passwordLine({ password, server_time: now }: Overview): string {
  if (!password.set) return t.ways.passwordNone;
  return password.changed_at > 0 ? t.ways.passwordChanged(when.ago(password.changed_at, now)) : t.ways.passwordSet;
}
