import { useEffect, useState } from 'preact/hooks';
import type { Entry } from '../vault/entry';
import { codesAt, generatorMake, type Generator, type Shown } from '../vault/totp';
import { rightNow, second } from './clock';

const generators = new WeakMap<Entry, Promise<Generator>>();

function generatorOf(entry: Entry): Promise<Generator> {
  const made = generators.get(entry) ?? generatorMake(entry);
  generators.set(entry, made);
  return made;
}

/* The codes of an entry, computed anew when a step ends. null until the first is there. */
export function useCodes(entry: Entry): Shown | null {
  const [shown, setShown] = useState<Shown | null>(null);
  const step = Math.floor(second.value / 1000 / entry.period);
  useEffect(() => {
    let wanted = true;
    const compute = async () => {
      const codes = await codesAt(await generatorOf(entry), Math.max(rightNow(), 0));
      if (wanted) setShown(codes);
    };
    void compute();
    return () => { wanted = false; };
  }, [entry, step]);
  return shown;
}

export function secondsLeft(shown: Shown): number {
  return Math.max(0, Math.ceil((shown.ends_ms - second.value) / 1000));
}
