import { LockKeyhole, Ticket } from '../../shared/icons';
import { useHeading } from './parts';
import { inboxWaits, unlock } from './state';
import { c } from './text';
import { UnlockForm } from './unlock_form';

export function LockScreen() {
  const heading = useHeading();
  return (
    <section class="codes-lock" aria-labelledby="codes-title">
      <div class="card hero lock-card">
        <span class="ic big-sign"><LockKeyhole /></span>
        <h2 id="codes-title" ref={heading} tabIndex={-1}>{c.locked}</h2>
        <p>{c.lockedHow}</p>
        {inboxWaits.value && <p class="note"><Ticket /><span>{c.pendingCode}</span></p>}
        <UnlockForm action={c.unlock} onWay={unlock} />
      </div>
    </section>
  );
}
