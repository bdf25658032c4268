/* One name, two secrets: the person says which stay. */
import { Button } from '../../shared/button';
import { TriangleAlert } from '../../shared/icons';
import { Sheet } from '../shell/sheet';
import { t } from '../text';
import type { Conflict } from './incoming';
import { named } from './parts';
import { c } from './text';

export function ConflictSheet({ candidate, onChoice }: Conflict) {
  return (
    <Sheet labelledBy="conflict-title" onClose={() => onChoice('skip')}>
      <p class="eyebrow warn"><TriangleAlert />{c.standConflict}</p>
      <h2 id="conflict-title">{c.besideTitle}</h2>
      <p>{c.beside(named(candidate.entry))}</p>
      <div class="stack">
        <Button look="tint" onClick={() => onChoice('add')}>{c.keepBoth}</Button>
        <Button onClick={() => onChoice('replace')}>{c.replace}</Button>
        <Button onClick={() => onChoice('skip')}>{t.cancel}</Button>
      </div>
    </Sheet>
  );
}
