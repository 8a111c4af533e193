/**
 * @module Distances between spectra: the multi-resolution STFT distance (Yamamoto et al., 2020).
 */
import {
  abs,
  add,
  div,
  log,
  maximum,
  mean,
  mul,
  sqrt,
  square,
  squeeze,
  stft,
  sub,
  sum,
  type Tensor,
} from '@sextant/engine';

/** Sizes of the windows; each moves by a quarter of itself. */
const WINDOWS = [512, 1024, 2048] as const;

/** Squared magnitudes below this count as silence; it also keeps the root's slope finite. */
const POWER_FLOOR = 1e-7;

/** Magnitudes [B, bins, frames] of audio [B, 1, T]. */
function magnitudes(audio: Tensor, size: number): Tensor {
  const options = { nFft: size, hopLength: size / 4, winLength: size, center: false };
  const { real, imag } = stft(squeeze(audio, 1), options);
  return sqrt(maximum(add(square(real), square(imag)), POWER_FLOOR));
}

/**
 * Mean over three resolutions of spectral convergence ‖|X| - |Y|‖ / ‖|X|‖ and of the mean absolute
 * difference of log magnitudes (natural logarithm).
 *
 * @param fake - [B, 1, T]
 * @param real - [B, 1, T]; the norms of the convergence run over the whole batch.
 */
export function multiResolutionStftDistance(fake: Tensor, real: Tensor): Tensor {
  const distances = WINDOWS.map((size) => {
    const [x, y] = [magnitudes(real, size), magnitudes(fake, size)];
    const convergence = sqrt(div(sum(square(sub(x, y))), sum(square(x))));
    return add(convergence, mean(abs(sub(log(x), log(y)))));
  });
  return mul(
    distances.reduce((a, b) => add(a, b)),
    1 / WINDOWS.length,
  );
}
