/* RFC 4180: the first line names the columns; quoted fields may hold commas, line breaks and doubled quotes. */
import { VaultProblem } from '../problem';

export function csvRead(source: string): Map<string, string>[] {
  const [header, ...rows] = rowsRead(source);
  if (!header) return [];
  return rows.filter((row) => row.length > 1 || row[0] !== '').map((row) => rowNamed(header, row));
}

function rowNamed(header: string[], row: string[]): Map<string, string> {
  if (row.length > header.length) throw new VaultProblem('csv_damaged');
  return new Map(header.map((name, at) => [name.trim(), row[at] ?? '']));
}

function rowsRead(source: string): string[][] {
  const field = /(?:"((?:[^"]|"")*)"|([^",\r\n]*))(,|\r?\n|$)/y;
  const rows: string[][] = [[]];
  while (field.lastIndex < source.length) {
    const found = field.exec(source);
    if (!found) throw new VaultProblem('csv_damaged');
    rows[rows.length - 1]?.push(found[1]?.replace(/""/g, '"') ?? found[2] ?? '');
    if (found[3] === '') break;
    if (found[3] !== ',') rows.push([]);
  }
  return rows;
}
