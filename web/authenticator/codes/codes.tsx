/* The tab of one-time codes: mounted by main.tsx, fetched when somebody goes there. */
import { useEffect } from 'preact/hooks';
import { CircleAlert } from '../../shared/icons';
import { Lazy } from '../shell/lazy';
import { route } from '../shell/route';
import { t } from '../text';
import { Add } from './add';
import { Arrange } from './arrange';
import { autoLock } from './auto_lock';
import { clockBegin, clockFollow } from './clock';
import { Edit } from './edit';
import { Hand } from './hand';
import { List } from './list';
import { LockScreen } from './lock_screen';
import { More } from './more';
import { Paste } from './paste';
import { prefsBegin } from './prefs';
import { begin, phase, trouble } from './state';
import { c } from './text';
import { Undo } from './undo';

const loadExport = () => import('./export').then((part) => part.Export);
const loadImport = () => import('./import').then((part) => part.Import);
const loadLock = () => import('./lock_settings').then((part) => part.LockSettings);
const NONE = {};

autoLock();

export function Codes() {
  useEffect(() => {
    void Promise.all([prefsBegin(), clockBegin()]).then(begin);
    return clockFollow();
  }, []);
  switch (phase.value) {
    case 'loading': return <p class="loading" role="status"><span class="vh">{t.loading}</span></p>;
    case 'locked': return <LockScreen />;
    case 'broken': return <Broken />;
    case 'open': return <><View /><Undo /></>;
  }
}

function View() {
  const [place = '', id = ''] = route.value.rest.split('/');
  switch (place) {
    case 'add': return <Add />;
    case 'hand': return <Hand />;
    case 'paste': return <Paste />;
    case 'edit': return <Edit id={id} key={id} />;
    case 'more': return <More />;
    case 'arrange': return <Arrange />;
    case 'import': return <Lazy load={loadImport} props={NONE} key="import" />;
    case 'export': return <Lazy load={loadExport} props={NONE} key="export" />;
    case 'lock': return <Lazy load={loadLock} props={NONE} key="lock" />;
    default: return <List />;
  }
}

function Broken() {
  return (
    <section aria-labelledby="codes-title">
      <h2 id="codes-title">{c.title}</h2>
      <p class="note bad" role="alert"><CircleAlert /><span>{c.broken} {trouble.value && c.problems[trouble.value]}</span></p>
    </section>
  );
}
