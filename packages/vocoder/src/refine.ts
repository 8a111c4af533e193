/**
 * @module Audio brought nearer to the log-mel spectrogram that it was made of.
 *
 * What a generator misses of the spectrogram is known when it is used, since the spectrogram is what it was given.
 * Iterations in the manner of Griffin and Lim (1984) repair it: the magnitudes of the audio's spectrum are corrected by
 * what their mel lacks, the phases stay, and the audio nearest to that spectrum goes on. Unlike Griffin and Lim's, they
 * begin with the generator's audio instead of random phases, and keep its fine structure instead of asking for
 * magnitudes that 80 bands do not determine. As in the fast algorithm (Perraudin et al., 2013), phases are taken a
 * step ahead, in the direction in which the last iteration moved the spectrum.
 */
import {
  div,
  expandDims,
  magnitude,
  minimum,
  mul,
  type Spectrum,
  scan,
  squeeze,
  sub,
  type Tensor,
} from '@sextant/engine';
import type { MelSpectrogram } from './mel.js';

/** Keeps the gradient of magnitudes finite in silence; far below what 16 bits hold. */
const POWER_FLOOR = 1e-10;

/** Bounds the work that a number in a file can ask for: 16 already take more time than the network does. */
export const MAX_REFINEMENTS = 100;

/** Multiplicative updates of the magnitudes in one iteration. They cost little beside the transforms. */
const UPDATES = 4;

/** Largest correction of one iteration: an untrained generator says almost nothing. */
const LARGEST_GAIN = 100;

/**
 * @param audio - [B, 1, L · hop]
 * @param mel - log-mel [B, nMelChannels, L] as `front` makes it.
 * @returns [B, 1, L · hop]; differentiable.
 */
export function refine(audio: Tensor, mel: Tensor, front: MelSpectrogram, iterations: number): Tensor {
  if (iterations === 0) return audio;
  const target = front.magnitudes(mel);
  const corrected = (seen: Spectrum, moved: Spectrum): Tensor => {
    const before = magnitude(seen.real, seen.imag, POWER_FLOOR);
    let magnitudes = before;
    for (let n = 0; n < UPDATES; n++) magnitudes = mul(magnitudes, front.gains(magnitudes, target));
    const wanted = minimum(magnitudes, mul(before, LARGEST_GAIN));
    const perUnit = div(wanted, magnitude(moved.real, moved.imag, POWER_FLOOR));
    return front.audio({ real: mul(moved.real, perUnit), imag: mul(moved.imag, perUnit) });
  };
  const first = front.spectrumOfFrames(squeeze(audio, 1));
  const start = { refined: corrected(first, first), previous: first };
  if (iterations === 1) return expandDims(start.refined, 1);
  const [last] = scan(
    ({ refined, previous }: typeof start) => {
      const seen = front.spectrumOfFrames(refined);
      return [{ refined: corrected(seen, ahead(seen, previous)), previous: seen }, []] as const;
    },
    start,
    undefined,
    { length: iterations - 1 },
  );
  return expandDims(last.refined, 1);
}

/** A spectrum moved once more as it moved from the previous one. */
function ahead(seen: Spectrum, previous: Spectrum): Spectrum {
  const moved = (now: Tensor, then: Tensor) => sub(mul(now, 2), then);
  return { real: moved(seen.real, previous.real), imag: moved(seen.imag, previous.imag) };
}

/** Frames on either side that one frame of refined audio depends on: a transform and its inverse reach a window. */
export const refinementReach = ({ options }: MelSpectrogram, iterations: number): number =>
  iterations * Math.ceil((options.nFft - 1) / options.hopLength);
