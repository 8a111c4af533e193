/**
 * @module Reading profiles: how long each operation of a program took.
 */

/** An event of a Chrome trace: here the run of one operation, or of a whole session. */
export interface TraceEvent {
  /** Our name: `scope/op` for an operation, such as `generator/stage0/conv1d`. */
  readonly name: string;
  /** `op` for an operation, `session` for what surrounds them, such as loading and a whole run. */
  readonly cat: string;
  /** `X` for something that took time, `M` for the name of a process. */
  readonly ph: string;
  /** One process for each session, that is for each compiled signature of a program. */
  readonly pid: number;
  readonly tid: number;
  /** Start and duration in microseconds. */
  readonly ts: number;
  readonly dur: number;
  readonly args: Readonly<Record<string, unknown>>;
}

/** What a profile file holds. */
export interface Profile {
  readonly traceEvents: readonly TraceEvent[];
}

/** One line of a summary. */
export interface ProfileRow {
  readonly name: string;
  /** How many operations ran under that name. */
  readonly calls: number;
  readonly milliseconds: number;
  /** Part of the time of all operations, 0 to 1. */
  readonly share: number;
}

/** How operations are grouped: by our operation, by the scope they were recorded in, or by ONNX operator. */
export type ProfileGrouping = 'op' | 'scope' | 'onnx';

const GROUPS: Record<ProfileGrouping, (event: TraceEvent) => string> = {
  op: ({ name }) => name.slice(name.lastIndexOf('/') + 1),
  scope: ({ name }) => name.slice(0, Math.max(0, name.lastIndexOf('/'))) || '(none)',
  onnx: ({ args }) => String(args.operator),
};

/**
 * Adds up the time of operations, longest first.
 *
 * @param profile - a profile file's text, or its parsed JSON.
 * @throws Error for text that is not a profile.
 */
export function summarizeProfile(profile: string | Profile, by: ProfileGrouping = 'op'): ProfileRow[] {
  const { traceEvents } = typeof profile === 'string' ? parseProfile(profile) : profile;
  const groups = new Map<string, { calls: number; microseconds: number }>();
  let total = 0;
  for (const event of traceEvents) {
    if (event.cat !== 'op') continue;
    const name = GROUPS[by](event);
    const group = groups.get(name) ?? { calls: 0, microseconds: 0 };
    group.calls++;
    group.microseconds += event.dur;
    total += event.dur;
    groups.set(name, group);
  }
  return [...groups]
    .map(([name, { calls, microseconds }]) => ({
      name,
      calls,
      milliseconds: microseconds / 1000,
      share: total > 0 ? microseconds / total : 0,
    }))
    .sort((a, b) => b.milliseconds - a.milliseconds);
}

/** A summary as a table of text. */
export function formatProfile(rows: readonly ProfileRow[]): string {
  const cells = [
    ['name', 'calls', 'ms', 'share'],
    ...rows.map((r) => [
      r.name,
      String(r.calls),
      r.milliseconds.toFixed(2),
      `${(100 * r.share).toFixed(1)} %`,
    ]),
  ];
  const widths = cells[0]!.map((_, column) => Math.max(...cells.map((row) => row[column]!.length)));
  return cells
    .map((row) => row.map((c, i) => (i === 0 ? c.padEnd(widths[i]!) : c.padStart(widths[i]!))).join('  '))
    .join('\n');
}

function parseProfile(text: string): Profile {
  let parsed: unknown;
  try {
    parsed = JSON.parse(text);
  } catch {
    throw new Error('profile: not JSON');
  }
  if (!Array.isArray((parsed as Partial<Profile> | null)?.traceEvents)) {
    throw new Error('profile: no traceEvents in it');
  }
  return parsed as Profile;
}

/** The fields used here of an event as ONNX Runtime writes it. */
interface OrtEvent {
  readonly cat: string;
  readonly name: string;
  readonly ts: number;
  readonly dur: number;
  readonly tid: number;
  readonly args?: Readonly<Record<string, unknown>>;
}

/** Our operation's name in that of an ONNX node: `net/tanh` of `net/tanh.Tanh_7`; `other` if there is none. */
export const labelOf = (node: string, other = node): string =>
  /^(.+)\.[A-Za-z]+_\d+/.exec(node)?.[1] ?? other;

/**
 * Events of ONNX Runtime under our names: `net/tanh.Tanh_7_kernel_time` becomes `net/tanh`. Operations that
 * its optimiser made have only their ONNX operator's name.
 *
 * @param pid - tells the session's events from other sessions'.
 * @param offset - microseconds to add to all times.
 */
export function fromOrtEvents(text: string, session: string, pid: number, offset: number): TraceEvent[] {
  const events: TraceEvent[] = [
    { name: 'process_name', cat: 'session', ph: 'M', pid, tid: 0, ts: 0, dur: 0, args: { name: session } },
  ];
  for (const { cat, name, ts, dur, tid, args = {} } of JSON.parse(text) as OrtEvent[]) {
    const base = { ph: 'X', pid, tid, ts: ts + offset, dur };
    if (cat === 'Session') events.push({ ...base, name, cat: 'session', args: {} });
    if (cat !== 'Node' || !name.endsWith(KERNEL)) continue;
    const node = name.slice(0, -KERNEL.length);
    const { op_name: operator, provider, input_type_shape: inputs, output_type_shape: outputs } = args;
    events.push({
      ...base,
      name: labelOf(node, String(operator)),
      cat: 'op',
      args: { node, operator, provider, inputs, outputs },
    });
  }
  return events;
}

const KERNEL = '_kernel_time';
