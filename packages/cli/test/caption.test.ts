import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { Generator } from '@sextant/engine';
import { writeNpy } from '@sextant/io';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

// The command as installed: these tests run on the build.
const BIN = fileURLToPath(new URL('../bin/sextant.js', import.meta.url));
const folder = mkdtempSync(join(tmpdir(), 'sextant-caption-cli-'));
afterAll(() => rmSync(folder, { recursive: true }));
const at = (name: string) => join(folder, name);

function caption(...args: string[]) {
  const { status, stdout, stderr } = spawnSync(process.execPath, [BIN, 'caption', ...args], {
    encoding: 'utf8',
    cwd: folder,
  });
  return { status, out: stdout, err: stderr };
}

beforeAll(async () => {
  const random = new Generator(1);
  mkdirSync(at('features'));
  const videos: Record<string, unknown> = {};
  for (let v = 0; v < 8; v++) {
    for (const [name, shape] of [
      ['rgb', [8, 16]],
      ['flow', [8, 16]],
      ['vggish', [20, 8]],
    ] as const)
      await writeNpy(at(`features/v_${v}_${name}.npy`), random.normalArray([...shape]));
    videos[`v_${v}`] = {
      duration: 20,
      timestamps: [
        [0, 10],
        [5.5, 20],
      ],
      sentences: [' A man walks.', 'The dog can’t run, it sleeps.'],
    };
  }
  writeFileSync(at('train.json'), JSON.stringify({ ...videos, v_without: { ...(videos.v_0 as object) } }));
  writeFileSync(at('vectors.txt'), 'man 1 0 0 1\ndog 0 1 0 1\nunseen 1 1 1 1\n');
});

describe('sextant caption', { timeout: 120_000 }, () => {
  it('trains, continues, writes sentences and scores them', () => {
    const trained = caption(
      ...['train-captioner', 'train.json', '--features', 'features', '-o', 'run', '--preset', 'small'],
      ...[
        '--epochs',
        '2',
        '--batch-size',
        '4',
        '--validation',
        'train.json',
        '--vectors',
        'vectors.txt',
        '--json',
        '--quiet',
      ],
    );
    expect(trained.err).toBe('');
    expect(JSON.parse(trained.out)).toMatchObject({ step: 8, best: { metric: 'meteor' } });
    const config = JSON.parse(readFileSync(at('run/config.json'), 'utf8'));
    expect(config.words.slice(4)).toContain("n't");
    expect(config.captioner.dWord).toBe(4);
    const more = caption('train-captioner', '--resume', '-o', 'run', '--epochs', '3', '--json');
    expect(JSON.parse(more.out)).toMatchObject({ step: 12 });
    expect(more.err).toMatch(/epochs is now 3/);

    const written = caption(
      ...[
        'describe',
        'train.json',
        '--features',
        'features',
        '--weights',
        'run',
        '-o',
        'said.json',
        '--quiet',
      ],
    );
    expect(written.out).toMatch(/16 sentences for 8 videos; 1 videos have no features/);
    const proposals = caption(
      ...['train-proposals', 'train.json', '--features', 'features', '-o', 'found', '--preset', 'small'],
      ...['--captioner', 'run', '--epochs', '1', '--batch-size', '3', '--quiet'],
    );
    expect(proposals.err).toBe('');
    const dense = caption(
      ...[
        'describe',
        '--features',
        'features',
        '--weights',
        'run',
        '--proposals',
        'found',
        '-o',
        'dense.json',
      ],
      ...['--count', '5', '--overlap', '0.5', '--json', '--quiet'],
    );
    expect(JSON.parse(dense.out)).toMatchObject({ videos: 8, withoutFeatures: 0 });
    for (const captions of Object.values(JSON.parse(readFileSync(at('dense.json'), 'utf8')).results)) {
      for (const { timestamp } of captions as { timestamp: [number, number] }[]) {
        expect(timestamp[0]).toBeGreaterThanOrEqual(0);
        expect(timestamp[1]).toBeLessThanOrEqual(8 * 2.56);
      }
    }
    const scores = caption('evaluate', 'said.json', '--references', 'train.json', '--json');
    expect(JSON.parse(scores.out).average.Recall).toBeGreaterThan(0.8);
  });

  it('says in one line what is wrong', () => {
    const lines = [
      caption('train-captioner', '-o', 'x'),
      caption('train-captioner', 'train.json', '--features', 'features', '-o', 'x'),
      caption('train-captioner', 'train.json', '--features', '.', '-o', 'x'),
      caption('describe', 'train.json', '--features', 'features', '--weights', 'vectors.txt', '-o', 'y.json'),
      caption('describe', '--features', 'features', '--weights', 'run', '-o', 'y.json'),
      caption('describe', 'train.json', '--features', 'features', '--weights', 'run', '-o', 'train.json'),
      caption('evaluate', 'train.json', '--references', 'train.json'),
    ].map(({ status, err }) => {
      expect(status).toBe(1);
      return err.trim();
    });
    expect(lines).toEqual([
      expect.stringMatching(/give ANNOTATIONS and --features/),
      expect.stringMatching(/features of 16 and 8 numbers; the preset paper takes 1024 and 128/),
      expect.stringMatching(/no video has its three files there/),
      expect.stringMatching(/vectors.txt: it holds no weights of ours/),
      expect.stringMatching(/give SEGMENTS to describe, or --proposals/),
      expect.stringMatching(/train.json/),
      expect.stringMatching(/train.json: results/),
    ]);
    for (const line of lines) expect(line).not.toContain('\n');
  });
});
