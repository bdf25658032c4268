/* Before what only the person themselves should do: sign in once more, and come straight back. */
import { ShieldCheck } from '../../shared/icons';
import { prove } from '../account';
import { t } from '../text';
import { Choice, SheetHead } from '../views/parts';

export function Proof() {
  return (
    <>
      <span class="ic big"><ShieldCheck /></span>
      <SheetHead title={t.proof.title} lead={t.proof.lead} />
      <Choice yes={t.proof.go} look="pri" onYes={prove} />
    </>
  );
}
