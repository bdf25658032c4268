/* A part of the app that is fetched when somebody goes there. */
import { useEffect, useState } from 'preact/hooks';
import type { ComponentType } from 'preact';
import { Button } from '../../shared/button';
import { CircleAlert, RotateCw } from '../../shared/icons';
import { t } from '../text';

type State<P> = { kind: 'waiting' } | { kind: 'here'; Part: ComponentType<P> } | { kind: 'missing' };

/* `load` must be the same function at each render; `props` are the part's. */
export function Lazy<P extends object>({ load, props }: { load: () => Promise<ComponentType<P>>; props: P }) {
  const [state, setState] = useState<State<P>>({ kind: 'waiting' });
  useEffect(() => {
    let wanted = true;
    load().then((Part) => wanted && setState({ kind: 'here', Part }), () => wanted && setState({ kind: 'missing' }));
    return () => { wanted = false; };
  }, [load]);
  if (state.kind === 'here') return <state.Part {...props} />;
  if (state.kind === 'waiting') return <p class="loading" role="status"><span class="vh">{t.loading}</span></p>;
  /* gone from the server: there is a newer version; gone from the net: try later */
  return (
    <div class="empty">
      <p class="note warn" role="alert"><CircleAlert /><span>{t.partMissing}</span></p>
      <Button look="tint" icon={RotateCw} onClick={() => location.reload()}>{t.reload}</Button>
    </div>
  );
}
