/* Runs by itself from here on; give it the deadline as key, so that it is drawn anew only for another one. */
export function TimeBar({ life, left }: { life: number; left: number }) {
  const begin = (bar: HTMLElement | null) => {
    if (!bar || bar.style.getPropertyValue('--life')) return;
    bar.style.setProperty('--life', `${life}s`);
    bar.style.setProperty('--gone', `${Math.max(0, life - left)}s`);
  };
  return <div class="ttl" aria-hidden="true" ref={begin}><span /></div>;
}
