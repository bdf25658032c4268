/* What the sheet was about is not there any more: another browser was faster. */
import { Button } from '../../shared/button';
import { closeSheet } from '../account';
import { t } from '../text';
import { SheetHead } from '../views/parts';

export function Gone({ children }: { children: string }) {
  return (
    <>
      <SheetHead title={children} onClose={closeSheet} />
      <Button look="pri" onClick={closeSheet}>{t.close}</Button>
    </>
  );
}
