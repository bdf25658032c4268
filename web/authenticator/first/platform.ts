/* On what are we running, and can it be installed? */
import { signal } from '@preact/signals';

export type Platform = 'ios' | 'android' | 'desktop';

interface InstallPrompt extends Event {
  prompt: () => Promise<void>;
  userChoice: Promise<{ outcome: 'accepted' | 'dismissed' }>;
}

/* Chromium offers it; elsewhere the person is told how. */
export const installPrompt = signal<InstallPrompt | null>(null);

export function watchInstall(): void {
  addEventListener('beforeinstallprompt', (event) => {
    event.preventDefault();
    installPrompt.value = event as InstallPrompt;
  });
  addEventListener('appinstalled', () => { installPrompt.value = null; });
}

export async function promptInstall(): Promise<void> {
  const offered = installPrompt.peek();
  installPrompt.value = null;
  await offered?.prompt();
}

export function isInstalled(): boolean {
  return matchMedia('(display-mode: standalone)').matches || (navigator as { standalone?: boolean }).standalone === true;
}

/* An iPad calls itself a Mac, but no Mac has a touch screen. */
export function platformOf(userAgent: string, touchPoints: number): Platform {
  if (/iPhone|iPad|iPod/.test(userAgent) || (/Macintosh/.test(userAgent) && touchPoints > 1)) return 'ios';
  return /Android/.test(userAgent) ? 'android' : 'desktop';
}

export function platform(): Platform {
  return platformOf(navigator.userAgent, navigator.maxTouchPoints);
}

const BROWSERS: [RegExp, string][] = [[/Edg\w*\//, 'Edge'], [/OPR\//, 'Opera'], [/SamsungBrowser\//, 'Samsung Internet'], [/Firefox\/|FxiOS\//, 'Firefox'], [/CriOS\/|Chrome\/|Chromium\//, 'Chrome'], [/Safari\//, 'Safari']];
const SYSTEMS: [RegExp, string][] = [[/iPhone/, 'iPhone'], [/iPad/, 'iPad'], [/Android/, 'Android'], [/Windows/, 'Windows'], [/CrOS/, 'ChromeOS'], [/Macintosh/, 'Mac'], [/Linux/, 'Linux']];

/* "Firefox on Linux": what the person will know this device by. */
export function deviceName(userAgent: string): string {
  const first = (list: [RegExp, string][], otherwise: string) => list.find(([pattern]) => pattern.test(userAgent))?.[1] ?? otherwise;
  return `${first(BROWSERS, 'Browser')} on ${first(SYSTEMS, 'a device')}`;
}

export function systemName(userAgent: string): string {
  return SYSTEMS.find(([pattern]) => pattern.test(userAgent))?.[1] ?? 'Web';
}
