/*
 * A question that comes before everything else: a sheet from below on a phone, a window on a desk. The native
 * <dialog> keeps the focus inside and the rest inert, and gives it back when it goes.
 */
import { useLayoutEffect, useRef } from 'preact/hooks';
import type { ComponentChildren } from 'preact';

interface SheetProps {
  /* the id of the heading inside */
  labelledBy: string;
  /* Escape, or Back on a phone; without it the sheet stays until it is answered */
  onClose?: (() => void) | undefined;
  id?: string;
  children: ComponentChildren;
}

export function Sheet({ labelledBy, onClose, id, children }: SheetProps) {
  const dialog = useRef<HTMLDialogElement>(null);
  useLayoutEffect(() => {
    const shown = dialog.current;
    if (!shown) return;
    const before = document.activeElement;
    shown.showModal();
    /* the sheet itself takes the focus: no button is one slip away */
    shown.focus();
    return () => {
      shown.close();
      if (before instanceof HTMLElement && before.isConnected) before.focus();
    };
  }, []);
  const cancel = (event: Event) => {
    event.preventDefault();
    onClose?.();
  };
  return (
    <dialog ref={dialog} id={id} tabIndex={-1} aria-labelledby={labelledBy} onCancel={cancel}>
      <div class="sheet">{children}</div>
    </dialog>
  );
}
