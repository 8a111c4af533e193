import { array } from '@sextant/engine';
import { randomArray } from '@sextant/engine/testing';
import { InputError } from '@sextant/io';
import { afterAll, describe, expect, it } from 'vitest';
import { PAPER_MEL, TACOTRON_MEL } from './mel.js';
import { melCepstralDistortion, SpeechComparison } from './metrics.js';

const grid = (bands: number, frames: number, f: (band: number, t: number) => number) =>
  array(
    Float64Array.from({ length: bands * frames }, (_, i) => f(Math.floor(i / frames), i % frames)),
    { shape: [bands, frames], dtype: 'float64' },
  );

describe('mel-cepstral distortion', () => {
  const a = grid(20, 4, (i, t) => Math.sin(0.7 * i + 1.3 * t));

  it("is what SciPy's cosine transform gives", () => {
    const b = grid(20, 4, (i, t) => Math.cos(0.3 * i - 0.9 * t));
    expect(melCepstralDistortion(a, b)).toBeCloseTo(26.243535832824502, 5);
  });
  it('is 0 for equal spectra, also at another level', () => {
    expect(melCepstralDistortion(a, a)).toBe(0);
    const louder = grid(20, 4, (i, t) => Math.sin(0.7 * i + 1.3 * t) + 2);
    expect(melCepstralDistortion(a, louder)).toBeLessThan(1e-6);
  });
  it('of a coefficient that is off by d is 10/ln 10 · √2 · d', () => {
    const basis = (i: number) => Math.sqrt(2 / 20) * Math.cos((Math.PI * 3 * (i + 0.5)) / 20);
    const b = grid(20, 4, (i, t) => Math.sin(0.7 * i + 1.3 * t) + 0.5 * basis(i));
    expect(melCepstralDistortion(a, b)).toBeCloseTo((10 / Math.LN10) * Math.SQRT2 * 0.5, 5);
  });
  it('refuses spectra of different lengths', () => {
    expect(() =>
      melCepstralDistortion(
        a,
        grid(20, 3, () => 0),
      ),
    ).toThrow('[20,4] and [20,3]');
  });
});

describe('comparison of speech', () => {
  const [comparison, tacotron] = [PAPER_MEL, TACOTRON_MEL].map((o) => new SpeechComparison(o)) as [
    SpeechComparison,
    SpeechComparison,
  ];
  afterAll(() => Promise.all([comparison.release(), tacotron.release()]));
  const speech = Float32Array.from(
    randomArray([20000], { seed: 3 }).data as Float64Array,
    (v, n) => 0.1 * v + 0.5 * Math.sin(0.06 * n + Math.sin(0.001 * n)),
  );

  it('with itself finds nothing', async () => {
    const found = await comparison.compare(speech, speech);
    expect(found).toMatchObject({ logMelL1: 0, stftDistance: 0, mcd: 0, f0RmseCents: 0, f0FrameError: 0 });
    expect(found.stoi).toBeCloseTo(1, 9);
  });
  it.each([
    ['the authors', comparison],
    ['Tacotron', tacotron],
  ])('at half the level, on the front-end of %s', async (_, measured) => {
    const found = await measured.compare(
      speech.map((v) => v / 2),
      speech,
    );
    expect(found.logMelL1).toBeCloseTo(Math.log10(2), 5);
    // Convergence 1/2 and log magnitudes ln 2 apart; the float32 means of some 100,000 bins are good to 1e-5.
    expect(found.stftDistance).toBeCloseTo(0.5 + Math.LN2, 4);
    expect(found.mcd).toBeCloseTo(0, 4);
    expect(found.f0RmseCents).toBeCloseTo(0, 4);
    expect(found.stoi).toBeCloseTo(1, 6);
  });
  it('refuses signals of different lengths, and short ones', async () => {
    await expect(comparison.compare(speech, speech.subarray(1))).rejects.toThrow('20000 and 19999 samples');
    const short = speech.subarray(0, 2047);
    await expect(comparison.compare(short, short)).rejects.toThrow(InputError);
  });
});
