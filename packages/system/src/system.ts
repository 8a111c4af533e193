/**
 * @module What the command line needs to know of a system.
 */
import type { Command } from 'commander';
import type { AppliedModule } from './applied.js';

/** One of the published systems: a noun of the command line. */
export interface System {
  /** The noun: `vocoder`. */
  readonly name: string;
  /** One line for the help text. */
  readonly summary: string;
  /** What `sextant apply <name>/<module>` knows, by module name. */
  readonly modules: Readonly<Record<string, AppliedModule>>;
  /** The verbs: `sextant <name> <verb>`. */
  verbs(): readonly Command[];
}
