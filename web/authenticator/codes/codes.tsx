/* The tab of one-time codes: mounted by main.tsx, fetched when somebody goes there. */
import { t } from '../text';

export function Codes() {
  return <section aria-labelledby="codes-title"><h2 id="codes-title">{t.tabs.codes}</h2></section>;
}
