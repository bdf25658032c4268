/* Names, group and parameters of one code; its secret never changes. */
import { announce } from '../shell/announce';
import { Button } from '../../shared/button';
import { CircleAlert, Trash } from '../../shared/icons';
import { bookEdit } from '../vault/entry';
import { CodeForm, codeOfTyped, typedOf } from './code_form';
import { removeWithUndo } from './entry_sheet';
import { goList, Page } from './parts';
import { book, change } from './state';
import { c } from './text';

export function Edit({ id }: { id: string }) {
  const entry = book.value.find((one) => one.id === id);
  if (!entry) return <Page title={c.edit}><p class="note warn" role="alert"><CircleAlert /><span>{c.problems.gone}</span></p></Page>;
  const remove = () => {
    goList();
    void removeWithUndo(entry);
  };
  return (
    <Page title={c.edit}>
      <CodeForm first={typedOf(entry)} onSave={async (typed) => {
        const { secret: _, ...parts } = codeOfTyped(typed, entry.secret);
        await change((now) => bookEdit(now, id, { ...parts, group: typed.group }));
        announce(c.saved);
        goList();
      }} />
      <Button icon={Trash} onClick={remove}>{c.remove}</Button>
    </Page>
  );
}
