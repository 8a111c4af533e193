/**
 * @module The command line: `sextant <system> <verb>`, `apply`, `verify`, `modules`.
 */
import { TensorError } from '@sextant/engine';
import { fileError, InputError } from '@sextant/io';
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
  process.stdout.on('error', endWithoutOutput);
  const root = commandLine();
  try {
    await root.parseAsync(args, { from: 'user' });
    return Number(process.exitCode ?? 0);
  } catch (error) {
    if (error instanceof CommanderError) return error.exitCode === 0 ? 0 : BAD_USAGE;
    // `endWithoutOutput` tells it.
    if (process.stdout.errored) return FAILED;
    const debug = root.opts<{ debug?: boolean }>().debug || process.env.SEXTANT_DEBUG === '1';
    report(debug && error instanceof Error && error.stack ? error.stack : lineOf(error));
    return FAILED;
  }
}

/** Ends the process when standard output cannot be written. That a reader such as `head` has gone is no failure. */
function endWithoutOutput(error: NodeJS.ErrnoException): never {
  if (error.code === 'EPIPE') process.exit(0);
  report(lineOf(fileError('write', 'standard output', error)));
  process.exit(FAILED);
}

/** An error in one line; one that is not the user's says so. */
function lineOf(error: unknown): string {
  const expected = error instanceof InputError || error instanceof TensorError || isSystemError(error);
  if (expected) return firstLine(error.message);
  return `internal error: ${firstLine(String(error))}; run again with --debug and report it`;
}

const isSystemError = (error: unknown): error is NodeJS.ErrnoException =>
  error instanceof Error && 'code' in error && 'syscall' in error;

const firstLine = (text: string): string => text.split('\n', 1)[0]!;

const report = (text: string): boolean => process.stderr.write(`sextant: ${text}\n`);
