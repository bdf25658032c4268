import { signal } from '@preact/signals';
import type { Found } from '../vault/document';

/* What a scan found that needs the preview of an import; the view of imports takes it. */
export const arrived = signal<{ source: 'google'; found: Found } | null>(null);
