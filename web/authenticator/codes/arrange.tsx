/*
 * The person's own order. The handle is dragged with pointer or finger, or moved by the arrow keys while it has the focus;
 * every move is kept at once.
 */
import { useRef, useState } from 'preact/hooks';
import { Avatar } from '../../shared/avatar';
import { Button } from '../../shared/button';
import { Check, GripVertical } from '../../shared/icons';
import { announce } from '../shell/announce';
import { t } from '../text';
import { nameOf } from '../vault/code';
import { bookArrange, bookView, entryFind, orderMoved, type Entry } from '../vault/entry';
import { goList, named, Names, Page } from './parts';
import { attempt, book, change } from './state';
import { c } from './text';

const STEPS: Record<string, (at: number, count: number) => number> = {
  ArrowUp: (at) => at - 1,
  ArrowDown: (at) => at + 1,
  Home: () => 0,
  End: (_, count) => count - 1,
};

export function Arrange() {
  const list = useRef<HTMLUListElement>(null);
  const [order, setOrder] = useState<string[] | null>(null);
  const [dragged, setDragged] = useState<string | null>(null);
  const shown = bookView(order ? bookArrange(book.value, order) : book.value, '', null);

  /* Shown at once, kept one after another: the last order is the one that stays. */
  const kept = useRef<Promise<unknown>>(Promise.resolve());
  const keep = (ids: string[]) => {
    setOrder(ids);
    kept.current = kept.current
      .then(() => attempt(() => change((now) => bookArrange(now, ids))))
      .then(() => setOrder((shownNow) => (shownNow === ids ? null : shownNow)));
  };
  const onKey = (entry: Entry, event: KeyboardEvent) => {
    const at = shown.indexOf(entry);
    const to = STEPS[event.key]?.(at, shown.length);
    if (to === undefined) return;
    event.preventDefault();
    const ids = orderMoved(shown, entry.id, to);
    announce(c.movedTo(named(entry), ids.indexOf(entry.id) + 1, ids.length));
    keep(ids);
  };
  const onMove = (event: PointerEvent) => {
    if (dragged === null) return;
    const to = rowAt(list.current, event.clientY);
    if (to !== null && shown[to]?.id !== dragged) setOrder(orderMoved(shown, dragged, to));
  };
  const onDrop = () => {
    setDragged(null);
    if (!order || dragged === null) return;
    announce(c.movedTo(named(entryFind(shown, dragged)), order.indexOf(dragged) + 1, order.length));
    keep(order);
  };

  return (
    <Page title={c.arrange} parent="more">
      <p class="mut">{c.arrangeHow}</p>
      <ul class="rows card arrange" ref={list}>
        {shown.map((entry, at) => (
          <li key={entry.id} data-dragged={entry.id === dragged}>
            <Avatar small id={entry.issuer || entry.account} name={nameOf(entry)} />
            <Names code={entry} />
            <button
              class="icon handle" type="button" aria-label={c.handle(named(entry), at + 1, shown.length)}
              onKeyDown={(event) => onKey(entry, event)}
              onPointerDown={(event) => { event.currentTarget.setPointerCapture(event.pointerId); setDragged(entry.id); }}
              onPointerMove={onMove} onPointerUp={onDrop} onPointerCancel={() => { setDragged(null); setOrder(null); }}
            ><GripVertical /></button>
          </li>
        ))}
      </ul>
      <Button look="pri" icon={Check} onClick={goList}>{t.done}</Button>
    </Page>
  );
}

/* Which row lies at this height; the first or last when outside. */
function rowAt(list: HTMLUListElement | null, y: number): number | null {
  if (!list) return null;
  const rows = [...list.children];
  const found = rows.findIndex((row) => y < row.getBoundingClientRect().bottom);
  return found < 0 ? rows.length - 1 : found;
}
