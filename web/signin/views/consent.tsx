/* What the service may see, once, before anything is shared with it. */
import { Button } from '../../shared/button';
import { Check } from '../../shared/icons';
import { foreignName } from '../../shared/text';
import { busy, consent, state } from '../login';
import type { Scope } from '../state';
import { t } from '../text';
import { clientName, Head, ProblemNote, WhoLine } from './parts';

export function Consent() {
  const { client, scopes } = state.value;
  return (
    <>
      <Head title={t.consent.title(clientName())}>
        <p>{client?.host ? t.consent.lead(foreignName(client.host)) : t.consent.leadPlain}</p>
      </Head>
      <ul class="scopes">
        {scopes.map((scope) => <li key={scope.name}><Check /><span dir="auto">{title(scope)}</span></li>)}
      </ul>
      <ProblemNote />
      <div class="acts">
        {/* refusing is as easy as allowing */}
        <div class="pair">
          <Button look="sec" disabled={busy.value !== null} onClick={() => consent(false)}>{t.consent.deny}</Button>
          <Button look="pri" busy={busy.value === 'consent'} onClick={() => consent(true)}>{t.consent.allow}</Button>
        </div>
        <WhoLine />
      </div>
    </>
  );
}

/* Our words for the usual scopes; an operator's own scope brings its title. */
function title(scope: Scope): string {
  const known = t.consent.scopes as Record<string, string | undefined>;
  return Object.hasOwn(known, scope.name) ? (known[scope.name] ?? scope.title) : scope.title;
}
