import { plainName } from './text';

/* Hues tell services apart and mean nothing. */
const HUES = [160, 330, 250, 210, 285, 45, 190, 310];

/* The first letter of a service's name on a colour of its own. */
export function Avatar({ id, name, small = false }: { id: string; name: string; small?: boolean }) {
  let sum = 0;
  for (const char of id) sum = (sum * 31 + (char.codePointAt(0) ?? 0)) % 65_521;
  const letter = [...plainName(name)][0]?.toLocaleUpperCase() ?? '';
  return <span class={small ? 'av sm' : 'av'} style={{ '--h': HUES[sum % HUES.length] }} aria-hidden="true">{letter}</span>;
}
