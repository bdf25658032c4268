/* What the person must know before anything else; the most pressing one only, and what to do about it. */
import type { ComponentChildren } from 'preact';
import { BellOff, Bell, CircleAlert, Smartphone, TriangleAlert, WifiOff, type Icon } from '../../shared/icons';
import { pendingAccount, resume } from '../add/enrol';
import { askForNotifications, pushState } from '../push/push';
import { accounts, activeAccounts, lineLost, storage } from '../store/memory';
import { t } from '../text';
import { go, route } from './route';
import { accountName, safeName } from './names';

export function Banners() {
  return (
    <>
      <StorageBanner />
      <RevokedBanner />
      <PendingBanner />
      <LineBanner />
    </>
  );
}

function Banner({ id, tone, sign: Sign, text, how, children }: { id: string; tone: 'warn' | 'bad' | 'calm'; sign: Icon; text: string; how?: string; children?: ComponentChildren }) {
  return (
    <div class="banner" id={`banner-${id}`} data-tone={tone} role="status">
      <Sign />
      <span>{text}{how && <small>{how}</small>}</span>
      {children}
    </div>
  );
}

function StorageBanner() {
  if (storage.value !== 'gone') return null;
  return <Banner id="storage" tone="bad" sign={TriangleAlert} text={t.banner.storage} how={t.banner.storageHow} />;
}

function RevokedBanner() {
  const revoked = accounts.value.find(({ state }) => state === 'revoked');
  if (!revoked) return null;
  return (
    <Banner id="revoked" tone="bad" sign={CircleAlert} text={t.banner.revoked(accountName(revoked))} how={t.banner.revokedHow}>
      <button class="btn sec sm" type="button" onClick={() => go('add')}>{t.banner.addAgain}</button>
    </Banner>
  );
}

function PendingBanner() {
  const pending = pendingAccount();
  if (!pending) return null;
  return (
    <Banner id="pending" tone="calm" sign={Smartphone} text={t.banner.pending(safeName(pending.organisation))}>
      <button class="btn sec sm" type="button" onClick={() => resume(pending)}>{t.banner.show}</button>
    </Banner>
  );
}

function LineBanner() {
  if (activeAccounts.value.length === 0 || route.value.place === 'health') return null;
  if (lineLost.value) return <Banner id="offline" tone="warn" sign={WifiOff} text={t.banner.offline} />;
  switch (pushState.value) {
    case 'denied': return <Banner id="push" tone="warn" sign={BellOff} text={t.banner.denied} how={t.banner.deniedHow} />;
    case 'no_service':
    case 'unsupported':
    case 'not_offered': return <Banner id="push" tone="warn" sign={BellOff} text={t.banner[pushState.value]} />;
    case 'ask': return (
      <Banner id="push" tone="calm" sign={Bell} text={t.banner.ask}>
        <button class="btn sec sm" type="button" onClick={() => void askForNotifications()}>{t.banner.turnOn}</button>
      </Banner>
    );
    default: return null;
  }
}
