/* JSON of others, read defensively: a member of the wrong type is an absent one. */
import { VaultProblem } from './problem';

export type Fields = Record<string, unknown>;

export function jsonRead(source: string): unknown {
  try {
    return JSON.parse(source);
  } catch {
    throw new VaultProblem('file_damaged');
  }
}

export function isFields(value: unknown): value is Fields {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

export function fieldsOf(value: unknown): Fields {
  return isFields(value) ? value : {};
}

export function itemsOf(value: unknown): Fields[] {
  return Array.isArray(value) ? value.filter(isFields) : [];
}

export function text(value: unknown): string {
  return typeof value === 'string' ? value : '';
}

export function whole(value: unknown): number | null {
  return typeof value === 'number' && Number.isSafeInteger(value) ? value : null;
}

export function flag(value: unknown): boolean {
  return value === true;
}
