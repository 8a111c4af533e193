import { NDArray, program, type Tensor } from '@sextant/engine';
import { describe, expect, it } from 'vitest';
import { opticalFlow } from './optical-flow.js';

const [HEIGHT, WIDTH] = [48, 64];
const flowOf = program((from: Tensor, to: Tensor) => opticalFlow(from, to));

/** A texture of several wavelengths, as a function of places. */
const texture = (x: number, y: number): number =>
  128 +
  40 * Math.sin(0.31 * x + 0.11 * y) +
  30 * Math.sin(0.17 * y - 0.07 * x + 1) +
  20 * Math.sin(0.53 * x - 0.47 * y);

type Place = readonly [x: number, y: number];

/** A picture whose content at each place is that of another place. */
function picture(source: (x: number, y: number) => Place): NDArray<'float32'> {
  const data = Float32Array.from({ length: HEIGHT * WIDTH }, (_, i) =>
    texture(...source(i % WIDTH, Math.floor(i / WIDTH))),
  );
  return new NDArray(data, [1, 1, HEIGHT, WIDTH], 'float32');
}

/** Mean distance of the flow found from the true one, apart from the border. */
async function errorOf(moves: (x: number, y: number) => Place, border = 6): Promise<number> {
  // What is at (x, y) goes to (x, y) + move: for smooth moves, what is there came from about (x, y) - move.
  const to = picture((x, y) => {
    let [u, v] = moves(x, y);
    for (let i = 0; i < 20; i++) [u, v] = moves(x - u, y - v);
    return [x - u, y - v];
  });
  const { data } = await flowOf(
    picture((x, y) => [x, y]),
    to,
  );
  let [sum, count] = [0, 0];
  for (let y = border; y < HEIGHT - border; y++) {
    for (let x = border; x < WIDTH - border; x++, count++) {
      const [u, v] = moves(x, y);
      const at = y * WIDTH + x;
      sum += Math.hypot(Number(data[at]) - u, Number(data[HEIGHT * WIDTH + at]) - v);
    }
  }
  return sum / count;
}

describe('opticalFlow', () => {
  it('finds no movement where nothing moves', async () => {
    expect(await errorOf(() => [0, 0])).toBeLessThan(1e-3);
  });

  it('finds movements, small and larger than the texture', async () => {
    expect(await errorOf(() => [1.25, -0.5])).toBeLessThan(0.1);
    expect(await errorOf(() => [5, 3], 10)).toBeLessThan(0.2);
  });

  it('finds a turn', async () => {
    const turn = (x: number, y: number): Place => [-0.05 * (y - HEIGHT / 2), 0.05 * (x - WIDTH / 2)];
    expect(await errorOf(turn)).toBeLessThan(0.15);
  });
});
