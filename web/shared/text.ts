/*
 * Text in one catalogue per language. English is the shape; `Catalogue` makes a missing or
 * surplus key in another language a compile error.
 */
export type Catalogue<T> = T extends string
  ? string
  : T extends (...args: infer A) => string
    ? (...args: A) => string
    : { readonly [K in keyof T]: Catalogue<T[K]> };

/*
 * The first language asked for that we have. `asked` may be the `ui_locales` of the request (space separated, best
 * first) or the browser's list; only the primary subtag counts ("ar-EG" finds "ar").
 */
export function chooseLanguage<L extends string>(asked: readonly string[], have: readonly L[], fallback: L): L {
  for (const tag of asked) {
    const primary = tag.toLowerCase().split('-')[0];
    const found = have.find((language) => language === primary);
    if (found) return found;
  }
  return fallback;
}

/* Plural forms by the rules of a language; `#` in the form becomes the number, in Latin digits everywhere. */
export type PluralForms = { other: string } & Partial<Record<Intl.LDMLPluralRule, string>>;

export type Plurals = (count: number, forms: PluralForms) => string;

export function pluralsOf(language: string): Plurals {
  const rules = new Intl.PluralRules(language);
  return (count, forms) => (forms[rules.select(count)] ?? forms.other).replace('#', String(count));
}

const CONTROLS = /[\u0000-\u001f\u007f-\u009f\u200e\u200f\u202a-\u202e\u2066-\u2069]+/g;

/*
 * A name given by somebody else, fit to stand in a sentence of ours: without control characters, not endless, and
 * isolated (FSI … PDI) so that its direction cannot reorder the words around it.
 */
export function foreignName(name: string): string {
  return `\u2068${plainName(name)}\u2069`;
}

/* The same for a name that may have nothing to see in it (blank, or of zero-width letters alone). */
export function visibleName(name: string, otherwise: string): string {
  return /[^\p{C}\p{Z}\p{M}\u115f\u1160\u3164\uffa0\u2800]/u.test(name) ? foreignName(name) : otherwise;
}

export function plainName(name: string): string {
  const clean = name.replace(CONTROLS, ' ').replace(/\s+/g, ' ').trim();
  return clean.length > 80 ? `${clean.slice(0, 79)}…` : clean;
}

/* The digits of other scripts and full-width forms, as Latin digits; everything that is no digit is dropped. */
export function latinDigits(text: string): string {
  let digits = '';
  for (const char of text.normalize('NFKC')) {
    const value = digitValue(char);
    if (value !== null) digits += value;
  }
  return digits;
}

/* First digits of the decimal ranges that phones' keyboards type: Latin, Arabic, Persian, Devanagari, Bengali. */
const ZEROS = [0x30, 0x660, 0x6f0, 0x966, 0x9e6];

function digitValue(char: string): number | null {
  const code = char.codePointAt(0) ?? 0;
  const zero = ZEROS.find((start) => code >= start && code <= start + 9);
  return zero === undefined ? null : code - zero;
}
