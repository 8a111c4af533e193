/**
 * @module The flow beside what it is compared to, on the same codes.
 */
import type { AttributeTable } from '../attributes.js';
import type { Editor } from '../editor.js';
import type { CodeSet } from '../flow/codes.js';
import type { Recognizer } from '../identity/recognizer.js';
import { componentSteps, regressionSteps } from './directions.js';
import {
  leakageOf,
  measureAtEqualResponse,
  measureOrder,
  measureResponse,
  type ObtainedChange,
  type Response,
  type Subjects,
} from './disentanglement.js';
import { type EditMethod, flowEdits, lookOf, straightLines } from './method.js';
import { drawPopulation, type Population, type PopulationOptions } from './population.js';

/** What is known of a way to edit. Lists go by edited attribute. */
export interface MethodFigures extends Response {
  readonly method: string;
  /** For a change of one deviation. */
  readonly changes: readonly ObtainedChange[];
  /** Mean of the other attributes' changes and the light's meanwhile; null where that was not obtained. */
  readonly leakage: readonly (number | null)[];
  /** See {@link measureOrder}. */
  readonly order: readonly (readonly number[])[];
}

/** Everything that tells a way to edit from others. */
export async function measureMethod(method: EditMethod, subjects: Subjects): Promise<MethodFigures> {
  const response = await measureResponse(method, subjects);
  const changes = await measureAtEqualResponse(method, subjects);
  const order = await measureOrder(method, subjects);
  return {
    method: method.name,
    ...response,
    changes,
    leakage: leakageOf(changes),
    order,
  };
}

/** The flow, and straight lines fitted to codes. */
export async function methodsOf(editor: Editor, fitted: CodeSet): Promise<EditMethod[]> {
  return [flowEdits(editor.parts.codes), ...(await linesOf(editor.table, fitted))];
}

const linesOf = async (table: AttributeTable, fitted: CodeSet): Promise<EditMethod[]> => [
  straightLines('regression', await regressionSteps(fitted), table),
  straightLines('components', await componentSteps(fitted), table),
];

export interface SubjectsOptions {
  /** Codes that are edited. */
  readonly count: number;
  /** Of these codes. */
  readonly seed: number;
  readonly truncation: number;
  readonly recognizer?: Recognizer | undefined;
  readonly population: Population;
}

/** Random codes to edit. */
export async function subjectsOf(
  editor: Editor,
  { count, seed, truncation, recognizer, population }: SubjectsOptions,
): Promise<Subjects> {
  const look = lookOf(editor, recognizer);
  const codes = await editor.sample(count, { seed, truncation });
  return {
    table: editor.table,
    codes,
    sources: await look(codes),
    look,
    deviations: population.deviations,
    ...(recognizer && { threshold: recognizer.threshold }),
  };
}

/** Seed of the codes that deviations and straight lines are of; those that are edited have another. */
const POPULATION_SEED = 1_000_003;

export const populationOf = (editor: Editor, options: Omit<PopulationOptions, 'seed'>): Promise<Population> =>
  drawPopulation(editor, { ...options, seed: POPULATION_SEED });
