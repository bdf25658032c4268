/* Before a secret leaves the vault: show once more that it is you. Without a lock there is nothing to show. */
import { useState } from 'preact/hooks';
import type { ComponentChildren } from 'preact';
import { lock, prove } from './state';
import { c } from './text';
import { UnlockForm } from './unlock_form';

export function Prove({ children }: { children: ComponentChildren }) {
  const [proven, setProven] = useState(lock.peek() === null);
  if (proven) return <>{children}</>;
  return (
    <div class="prove">
      <p class="mut">{c.proveTitle}</p>
      <UnlockForm action={c.goOn} onWay={async (way) => {
        await prove(way);
        setProven(true);
      }} />
    </div>
  );
}
