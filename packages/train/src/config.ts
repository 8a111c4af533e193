/**
 * @module What tells one configuration from another.
 */
import { createHash } from 'node:crypto';

/** A fingerprint of a configuration, the same whatever the order of its keys. */
export function configHash(config: unknown): string {
  const sorted = (_: string, value: unknown) =>
    typeof value === 'object' && value !== null && !Array.isArray(value)
      ? Object.fromEntries(Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1)))
      : value;
  return createHash('sha256').update(JSON.stringify(config, sorted)).digest('hex').slice(0, 16);
}
