import { CodeForm, codeOfTyped } from './code_form';
import { ConflictSheet } from './conflict';
import { useIncoming } from './incoming';
import { goList, Page } from './parts';
import { c } from './text';

/* A code typed in by hand. */
export function Hand() {
  const incoming = useIncoming(goList);
  return (
    <Page title={c.hand} parent="add">
      <CodeForm withSecret onSave={(typed) => incoming.code(codeOfTyped(typed), { group: typed.group })} />
      {incoming.conflict && <ConflictSheet {...incoming.conflict} />}
    </Page>
  );
}
