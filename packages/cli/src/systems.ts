/**
 * @module The systems that the command line offers.
 */
import { avatar } from '@sextant/avatar';
import { caption } from '@sextant/caption';
import { edit } from '@sextant/edit';
import { forecast } from '@sextant/forecast';
import { InputError } from '@sextant/io';
import { represent } from '@sextant/represent';
import type { AppliedModule, System } from '@sextant/system';
import { vocoder } from '@sextant/vocoder';

export const SYSTEMS: readonly System[] = [vocoder, forecast, represent, edit, caption, avatar];

/** The module of a name such as `vocoder/mel`. @throws InputError listing the modules there are. */
export function findModule(name: string): AppliedModule {
  const [noun, module] = name.split('/') as [string, string?];
  const system = SYSTEMS.find((s) => s.name === noun);
  const found =
    system && module !== undefined && Object.hasOwn(system.modules, module)
      ? system.modules[module]
      : undefined;
  if (found) return found;
  const near = system
    ? Object.keys(system.modules).map((m) => `${noun}/${m}`)
    : SYSTEMS.map((s) => `${s.name}/…`);
  throw new InputError(`there is no module '${name}'; there are: ${near.join(', ')} (see: sextant modules)`);
}
