/**
 * @module Applied modules: any part of a system as a function of named arrays, with gradients.
 *
 * This is how a user checks an imported checkpoint against PyTorch, and how the reference cases run.
 */
import { grad, type NDArray, program, type Tensor, type TensorSource } from '@sextant/engine';
import { InputError } from '@sextant/io';
import type { z } from 'zod';
import type { Weights } from './weights.js';

/** What is asked of a module: everything by the names that the authors use. */
export interface ApplyRequest {
  /** Options, as parsed from JSON; each module validates its own. */
  readonly config: unknown;
  /** What the checkpoint's file holds; undefined where none was given. */
  readonly checkpoint: Weights | undefined;
  readonly inputs: ReadonlyMap<string, NDArray>;
  readonly gradients?: GradientRequest;
}

/** Gradients of one scalar output by inputs and parameters. */
export interface GradientRequest {
  readonly of: string;
  readonly wrt: readonly string[];
}

/** A module that can be applied from outside. */
export interface AppliedModule {
  readonly summary: string;
  /** Classes that its checkpoints may hold objects of, as `module.name`; such objects are read as data. */
  readonly inertClasses?: readonly string[];
  /** @throws InputError for an invalid config, checkpoint or input. */
  apply(request: ApplyRequest): Promise<Map<string, NDArray>>;
}

/** An input by its name. @param rank - how many axes it must have. @throws InputError when it is missing or another. */
export function inputOf(inputs: ApplyRequest['inputs'], name: string, rank?: number): NDArray {
  const found = inputs.get(name);
  if (!found) {
    throw new InputError(
      `there is no input '${name}'; there are: ${[...inputs.keys()].join(', ') || 'none'}`,
    );
  }
  if (rank !== undefined && found.shape.length !== rank) {
    throw new InputError(`input ${name}: shape [${found.shape.join(', ')}] instead of ${rank} axes`);
  }
  return found;
}

/** A module made for one config and checkpoint. */
export interface BuiltModule {
  /** Parameters by the authors' names. */
  readonly parameters?: ReadonlyMap<string, TensorSource>;
  /** What the module keeps, such as running statistics, by the authors' names: results `state/<name>` after the call. */
  state?(): ReadonlyMap<string, NDArray>;
  /** Records the module on the given inputs. */
  forward(inputs: Inputs): Readonly<Record<string, Tensor>>;
}

/** The inputs by name. */
export class Inputs {
  constructor(
    private readonly tensors: ReadonlyMap<string, Tensor>,
    private readonly arrays: ReadonlyMap<string, NDArray> = new Map(),
  ) {}

  /** @throws InputError when there is no such input. */
  get(name: string): Tensor {
    const found = this.tensors.get(name);
    if (!found) throw missing('input', name, this.tensors.keys());
    return found;
  }

  /** The numbers themselves, for what is computed before the program is recorded. @throws InputError when there is no such input. */
  value(name: string): NDArray {
    const found = this.arrays.get(name);
    if (!found) throw missing('input', name, this.arrays.keys());
    return found;
  }

  has(name: string): boolean {
    return this.tensors.has(name);
  }
}

const missing = (what: string, name: string, known: Iterable<string>): InputError =>
  new InputError(`there is no ${what} '${name}'; there are: ${[...known].join(', ') || 'none'}`);

/** Validates options. @throws InputError naming the first option that is wrong. */
export function parseOptions<S extends z.ZodType>(schema: S, config: unknown): z.output<S> {
  const result = schema.safeParse(config ?? {});
  if (result.success) return result.data;
  const issue = result.error.issues[0]!;
  throw new InputError(`config${issue.path.length > 0 ? ` ${issue.path.join('.')}` : ''}: ${issue.message}`);
}

/** An applied module that is one traced function: outputs and gradients come from one program. */
export function tracedModule<S extends z.ZodType>(spec: {
  readonly summary: string;
  readonly inertClasses?: readonly string[];
  readonly config: S;
  build(config: z.output<S>, checkpoint: Weights | undefined): BuiltModule;
}): AppliedModule {
  return {
    summary: spec.summary,
    ...(spec.inertClasses && { inertClasses: spec.inertClasses }),
    async apply({ config, checkpoint, inputs, gradients }) {
      const module = spec.build(parseOptions(spec.config, config), checkpoint);
      const names = [...inputs.keys()];
      const applied = program((arrays: readonly Tensor[]) => {
        const tensors = new Map(names.map((name, i) => [name, arrays[i]!]));
        const outputs = module.forward(new Inputs(tensors, inputs));
        const wanted = gradients?.wrt.map((name) => {
          const source = tensors.get(name) ?? module.parameters?.get(name);
          if (!source)
            throw missing('input or parameter', name, [...names, ...(module.parameters?.keys() ?? [])]);
          return source;
        });
        if (!gradients || !wanted) return { outputs };
        const of = outputs[gradients.of];
        if (!of) throw missing('output', gradients.of, Object.keys(outputs));
        return { outputs, gradients: grad(of, wanted, { allowUnused: true }) };
      });
      try {
        const result = await applied(names.map((name) => inputs.get(name)!));
        const found = new Map(Object.entries(result.outputs));
        for (const [i, name] of (gradients?.wrt ?? []).entries())
          found.set(`grad/${name}`, result.gradients![i]!);
        for (const [name, value] of module.state?.() ?? []) found.set(`state/${name}`, value);
        return found;
      } finally {
        await applied.release();
      }
    },
  };
}
