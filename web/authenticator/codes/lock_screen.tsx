import { LockKeyhole, Ticket } from '../../shared/icons';
import { inboxWaits, unlock } from './state';
import { c } from './text';
import { UnlockForm } from './unlock_form';

export function LockScreen() {
  return (
    <section class="codes-lock" aria-labelledby="codes-title">
      <div class="card hero lock-card">
        <span class="ic big-sign"><LockKeyhole /></span>
        <h2 id="codes-title">{c.locked}</h2>
        <p>{c.lockedHow}</p>
        {inboxWaits.value && <p class="note"><Ticket /><span>{c.pendingCode}</span></p>}
        <UnlockForm action={c.unlock} onWay={unlock} />
      </div>
    </section>
  );
}
