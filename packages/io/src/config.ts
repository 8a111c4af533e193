/**
 * @module Configurations from files, checked against their schema, with messages that say what to change.
 */
import { z } from 'zod';
import { InputError } from './errors.js';
import { problemsText } from './problems.js';

/**
 * A configuration with its defaults filled in.
 *
 * @param schema - made of `z.strictObject`, which refuses unknown keys.
 * @param where - what the value is, for the message: `config.json`.
 * @throws InputError naming the first wrong values; for an unknown key, the known one that it resembles.
 */
export function parseConfig<Config>(schema: z.ZodType<Config>, value: unknown, where: string): Config {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    const found = Array.isArray(value) ? 'a list' : JSON.stringify(value);
    throw new InputError(`${where} must hold an object, { "key": value, … }, not ${found}`);
  }
  const parsed = schema.safeParse(value);
  if (parsed.success) return parsed.data;
  const problems = parsed.error.issues.flatMap((issue) => {
    if (issue.code !== 'unrecognized_keys') return [`${pathText(issue.path)}: ${issue.message}`];
    const known = knownKeys(z.toJSONSchema(schema, { unrepresentable: 'any', io: 'input' }), issue.path);
    return issue.keys.map(
      (key) => `${pathText([...issue.path, key])}: unknown key; ${suggestion(key, known)}`,
    );
  });
  throw new InputError(`${where}: ${problemsText(problems)}`);
}

const pathText = (path: readonly PropertyKey[]): string => path.map(String).join('.') || 'it';

type JSONSchema = z.core.JSONSchema.BaseSchema;

/** The keys that a schema allows at a path into a value; those of all alternatives where it has some. */
function knownKeys(root: JSONSchema, path: readonly PropertyKey[]): string[] {
  const alternatives = (s: JSONSchema): JSONSchema[] => [
    s,
    ...[...(s.anyOf ?? []), ...(s.oneOf ?? [])].flatMap((a) =>
      typeof a === 'object' ? alternatives(a) : [],
    ),
  ];
  let here = alternatives(root);
  for (const key of path) {
    here = here.flatMap((s) => {
      const next =
        typeof key === 'number' ? s.items : (s.properties?.[String(key)] ?? s.additionalProperties);
      return typeof next === 'object' && !Array.isArray(next) ? alternatives(next) : [];
    });
  }
  return here.flatMap((s) => Object.keys(s.properties ?? {}));
}

function suggestion(key: string, known: readonly string[]): string {
  const [nearest] = known
    .map((name) => ({ name, distance: editDistance(key.toLowerCase(), name.toLowerCase()) }))
    .filter(({ name, distance }) => distance <= Math.max(2, name.length / 3))
    .sort((a, b) => a.distance - b.distance);
  return nearest ? `did you mean ${nearest.name}?` : `known keys are ${known.join(', ')}`;
}

/** Levenshtein's: how many letters to insert, delete or replace. */
function editDistance(a: string, b: string): number {
  let row = Array.from({ length: b.length + 1 }, (_, j) => j);
  for (let i = 1; i <= a.length; i++) {
    const above = row;
    row = [i];
    for (let j = 1; j <= b.length; j++) {
      const replaced = above[j - 1]! + (a[i - 1] === b[j - 1] ? 0 : 1);
      row.push(Math.min(replaced, above[j]! + 1, row[j - 1]! + 1));
    }
  }
  return row.at(-1)!;
}
