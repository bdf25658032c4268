import { Sheet } from '../shell/sheet';
import { t } from '../text';

export function Scanner({ onClose }: { onText: (text: string) => void; onClose: () => void }) {
  return <Sheet labelledBy="scan-title" onClose={onClose}><h2 id="scan-title">{t.add.scan}</h2></Sheet>;
}
