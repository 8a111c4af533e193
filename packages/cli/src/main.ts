/**
 * @module The command line: `sextant <system> <verb>`, `apply`, `verify`, `modules`.
 */
import { Command, CommanderError } from 'commander';
import { applyCommand, modulesCommand, verifyCommand } from './apply.js';
import { SYSTEMS } from './systems.js';

/** Exit codes: what the user gave is wrong, and how the command was written is wrong. */
const [FAILED, BAD_USAGE] = [1, 2];

function commandLine(): Command {
  const root = new Command('sextant')
    .description('Trains, evaluates and runs published neural systems, with no Python.')
    .version('0.1.0')
    .option('--debug', 'show the stack of an error')
    .configureHelp({ showGlobalOptions: true });
  for (const system of SYSTEMS) {
    const noun = root.command(system.name).summary(system.summary).description(system.summary);
    for (const verb of system.verbs()) noun.addCommand(verb);
  }
  for (const command of [applyCommand(), verifyCommand(), modulesCommand()]) root.addCommand(command);
  strict(root);
  return root;
}

/** Commands report errors by throwing; nothing inside ends the process. */
function strict(command: Command): void {
  command.exitOverride().showHelpAfterError('(--help explains the options)');
  for (const child of command.commands) strict(child);
}

/** Runs one command line and gives its exit code. Errors are one line on stderr. */
export async function main(args: readonly string[]): Promise<number> {
  const root = commandLine();
  try {
    await root.parseAsync(args, { from: 'user' });
    return Number(process.exitCode ?? 0);
  } catch (error) {
    if (error instanceof CommanderError) return error.exitCode === 0 ? 0 : BAD_USAGE;
    const debug = root.opts<{ debug?: boolean }>().debug || process.env.SEXTANT_DEBUG === '1';
    const message = error instanceof Error ? error.message : String(error);
    const text = debug && error instanceof Error ? (error.stack ?? message) : message.split('\n')[0];
    process.stderr.write(`sextant: ${text}\n`);
    return FAILED;
  }
}
