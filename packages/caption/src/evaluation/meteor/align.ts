/**
 * @module Which words of two sentences METEOR takes for one another (section 6).
 */
import { isMatch, STAGES, type Stage, type Word } from './words.js';

/** Words at positions of hypothesis and reference that match. */
export interface Match {
  readonly hypothesis: number;
  readonly reference: number;
  readonly stage: Stage;
}

/** Alignments that are followed at once. */
const BEAM = 40;

/** An alignment of the reference's first words. */
interface Path {
  readonly matches: readonly Match[];
  /** Exact matches: others count as nothing here, as in the published program, which adds their half to a whole number. */
  readonly covered: number;
  /** Runs of matches that are closed. */
  readonly chunks: number;
  readonly distance: number;
  /** After the hypothesis' word of the last match, where that belongs to the reference's last word; else -1. */
  readonly next: number;
}

/** The matches of the alignment that covers most, in the fewest runs. */
export function align(
  hypothesis: readonly Word[],
  reference: readonly Word[],
  stages: readonly Stage[],
): readonly Match[] {
  const equal = hypothesis.length === reference.length && hypothesis.every((w, i) => w === reference[i]);
  const possible = reference.map((word, j) =>
    (equal ? (['exact'] as const) : stages).flatMap((stage) =>
      hypothesis.flatMap((other, i): Match[] =>
        isMatch[stage](other, word) ? [{ hypothesis: i, reference: j, stage }] : [],
      ),
    ),
  );
  const rivals = new Uint32Array(hypothesis.length);
  for (const match of possible.flat()) rivals[match.hypothesis]!++;
  const isFixed = (matches: readonly Match[]) => matches.length === 1 && rivals[matches[0]!.hypothesis] === 1;
  let paths: Path[] = [{ matches: [], covered: 0, chunks: 0, distance: 0, next: -1 }];
  for (const choices of possible) {
    const longer: Path[] = [];
    for (const path of paths.sort(better).slice(0, BEAM)) {
      const free = choices.filter((m) => path.matches.every((p) => p.hypothesis !== m.hypothesis));
      if (isFixed(choices)) longer.push(extended(path, choices[0]!, path.distance + distanceOf(choices[0]!)));
      else {
        // As in the published program: how far a match goes counts against what is tried after it, not against itself.
        let { distance } = path;
        for (const match of free) {
          longer.push(extended(path, match, distance));
          distance += distanceOf(match);
        }
        longer.push(closed({ ...path, distance }));
      }
    }
    paths = longer;
  }
  return paths.map(closed).sort(better)[0]!.matches;
}

const extended = (path: Path, match: Match, distance: number): Path => ({
  matches: [...path.matches, match],
  covered: path.covered + Math.floor(STAGES[match.stage]),
  chunks: path.chunks + (path.next !== -1 && path.next !== match.hypothesis ? 1 : 0),
  distance,
  next: match.hypothesis + 1,
});

const distanceOf = ({ hypothesis, reference }: Match): number => Math.abs(hypothesis - reference);

const closed = (path: Path): Path =>
  path.next === -1 ? path : { ...path, chunks: path.chunks + 1, next: -1 };

const better = (a: Path, b: Path): number =>
  b.covered - a.covered || a.chunks - b.chunks || a.distance - b.distance;

/** Runs of matches that stand side by side in both sentences. */
export const chunksOf = (matches: readonly Match[]): number =>
  matches.filter((match, k) => {
    const before = matches[k - 1];
    return (
      before === undefined ||
      match.reference !== before.reference + 1 ||
      match.hypothesis !== before.hypothesis + 1
    );
  }).length;
