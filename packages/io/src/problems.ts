/**
 * @module Several problems in one line.
 */

/** More than these tell the user little. */
const SHOWN = 3;

/** The first three problems, and how many more there are. */
export function problemsText(problems: readonly string[]): string {
  const more = problems.length - SHOWN;
  return problems.slice(0, SHOWN).join('. ') + (more > 0 ? `. And ${more} more` : '');
}
