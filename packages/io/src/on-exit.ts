/**
 * @module What must be undone when the process ends before its time.
 */

const SIGNALS = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;

const tasks = new Set<() => void>();

/**
 * Runs a task when the process ends: on `process.exit`, or by SIGINT (Ctrl-C), SIGTERM or SIGHUP, which end it all
 * the same, as soon as JavaScript runs. A program that listens to such a signal itself decides what becomes of it;
 * the task then waits.
 *
 * @param task - synchronous, and a function of its own for every call; what it throws is not reported.
 * @returns calls the task off.
 */
export function onExit(task: () => void): () => void {
  if (tasks.size === 0) {
    process.on('exit', runTasks);
    for (const name of SIGNALS) process.on(name, onSignal);
  }
  tasks.add(task);
  return () => {
    if (tasks.delete(task) && tasks.size === 0) stopListening();
  };
}

function onSignal(name: NodeJS.Signals): void {
  if (process.listenerCount(name) > 1) return;
  runTasks();
  stopListening();
  process.kill(process.pid, name);
}

function runTasks(): void {
  for (const task of tasks) {
    try {
      task();
    } catch {
      // The process ends anyway, and the other tasks have their turn.
    }
  }
  tasks.clear();
}

function stopListening(): void {
  process.off('exit', runTasks);
  for (const name of SIGNALS) process.off(name, onSignal);
}
