/* "push.enter.lead" → the text or function there */
export function leaves(tree: object, path = ''): Map<string, unknown> {
  const found = new Map<string, unknown>();
  for (const [key, value] of Object.entries(tree)) {
    if (typeof value === 'object') for (const [deeper, leaf] of leaves(value, `${path}${key}.`)) found.set(deeper, leaf);
    else found.set(`${path}${key}`, value);
  }
  return found;
}
