/* What the provider holds of the person, for the person. */
import { Button } from '../../shared/button';
import { Download, FileText } from '../../shared/icons';
import { openSheet } from '../account';
import { t } from '../text';
import { Card, Row } from './parts';

export function Data() {
  return (
    <Card id="data" title={t.data.title}>
      <ul class="rows">
        <Row icon={FileText} tone="mut" title={t.data.export} detail={t.data.exportLead}>
          <Button small icon={Download} label={`${t.data.download}: ${t.data.title}`} onClick={() => openSheet('export')}>{t.data.download}</Button>
        </Row>
      </ul>
    </Card>
  );
}
