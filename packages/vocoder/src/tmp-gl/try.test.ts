import { it } from 'vitest';
import { NDArray, program, type Tensor } from '@sextant/engine';
import { readAudio, resample, writeNpy } from '@sextant/io';
import { GriffinLim } from '/work/main/packages/vocoder/src/griffinlim.ts';
import { MelSpectrogram, PAPER_MEL } from '/work/main/packages/vocoder/src/mel.ts';
import { writeFileSync } from 'node:fs';
it('x', async () => {
  for (const c of ['LJ001-0002','LJ001-0008']) {
    const a = (await readAudio(`/work/shared/data/speech/${c}.wav`)).samples.data as Float32Array;
    const x = a.slice(0, Math.min(Math.floor(a.length/256), Math.floor(3*22050/256))*256);
    const front = new MelSpectrogram(PAPER_MEL);
    const mel = await program((t: Tensor) => front.forward(t))(new NDArray(x, [1,1,x.length], 'float32'));
    const m = mel.reshape(mel.shape.slice(1));
    for (const momentum of [0, 0.99]) {
      const gl = new GriffinLim(PAPER_MEL, { momentum });
      let t = performance.now();
      let y = await gl.synthesize(m);
      console.log('first', performance.now() - t); t = performance.now();
      y = await gl.synthesize(m);
      console.log('second', performance.now() - t, y.length, x.length);
      writeFileSync(`/tmp/gl/${c}-${momentum}.f32`, Buffer.from(y.buffer, y.byteOffset, y.byteLength));
    }
    writeFileSync(`/tmp/gl/${c}.x.f32`, Buffer.from(x.buffer, x.byteOffset, x.byteLength));
    const r = resample(x, 22050, 10000); 
    writeFileSync(`/tmp/gl/${c}.x10.f32`, Buffer.from(r.buffer, r.byteOffset, r.byteLength));
  }
});
