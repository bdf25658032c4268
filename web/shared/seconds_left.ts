import { useEffect, useState } from 'preact/hooks';
import { secondsLeft } from './countdown';

/* Whole seconds to a monotonic moment (performance.now); redraws only when they change. */
export function useSecondsLeft(until: number | null): number | null {
  const [, redraw] = useState(0);
  const left = until === null ? null : secondsLeft(until, performance.now());
  useEffect(() => {
    if (until === null) return;
    const timer = setInterval(() => {
      const now = secondsLeft(until, performance.now());
      redraw(now);
      if (now === 0) clearInterval(timer);
    }, 250);
    return () => clearInterval(timer);
  }, [until]);
  return left;
}
