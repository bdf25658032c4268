/* The first start: what this is, how it is installed, and how an account comes in. */
import { useState } from 'preact/hooks';
import { Button } from '../../shared/button';
import { Bell, Download, EllipsisVertical, House, Laptop, Plus, Share, SquarePlus, type Icon } from '../../shared/icons';
import { Token } from '../../shared/mark';
import { go } from '../shell/route';
import { t } from '../text';
import { installPrompt, isInstalled, platform, promptInstall, type Platform } from './platform';

const PLATFORMS: readonly Platform[] = ['ios', 'android', 'desktop'];
const SIGNS: Record<Platform, readonly Icon[]> = {
  ios: [Share, SquarePlus, House],
  android: [EllipsisVertical, Download, House],
  desktop: [Download, House, Laptop],
};

export function Welcome() {
  const installed = isInstalled();
  const [on, setOn] = useState<Platform>(platform());
  /* on an iPhone the installed app has a memory of its own: first install, then add */
  const installFirst = on === 'ios' && !installed;
  return (
    <section class="welcome" aria-labelledby="welcome-title">
      <div class="hero"><Token /><h2 id="welcome-title">{on === 'desktop' ? t.welcome.titleHere : t.welcome.title}</h2><p>{t.welcome.lead}</p></div>
      {!installFirst && <Start installed={installed} />}
      {!installed && <Choice on={on} onChoose={setOn} />}
      {!installed && <Steps on={on} />}
      <p class="note"><Bell /><span>{installed ? t.welcome.installedNote : on === 'ios' ? t.welcome.iosNote : t.welcome.note}</span></p>
      {installFirst && <Start installed={installed} />}
    </section>
  );
}

function Start({ installed }: { installed: boolean }) {
  const offered = installPrompt.value !== null && !installed;
  return (
    <div class="stack">
      <Button look="pri" icon={Plus} onClick={() => go('add')}>{t.welcome.add}</Button>
      {offered && <Button look="tint" icon={Download} onClick={() => void promptInstall()}>{t.welcome.install}</Button>}
    </div>
  );
}

function Choice({ on, onChoose }: { on: Platform; onChoose: (platform: Platform) => void }) {
  return (
    <fieldset class="seg">
      <legend class="vh">{t.welcome.platform}</legend>
      {PLATFORMS.map((one) => <label key={one}><input type="radio" name="platform" value={one} checked={one === on} onChange={() => onChoose(one)} />{t.welcome[one]}</label>)}
    </fieldset>
  );
}

export function Steps({ on }: { on: Platform }) {
  return (
    <ol class="how card">
      {t.welcome.steps[on].map(([before, bold, after], at) => {
        const Sign = SIGNS[on][at];
        return <li key={at}><span>{before}{bold && <b>{bold}</b>}{after}</span>{Sign && <Sign />}</li>;
      })}
    </ol>
  );
}
