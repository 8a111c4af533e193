import { describe, expect, test } from 'vitest';
import type { Case, Side } from './case.js';
import type { CaseResult, Lane } from './harness.js';
import { wasLoaded } from './machine.js';
import { caseText, type Run, remarks, rows, section, withSection } from './report.js';

const command = {
  executable: '',
  script: '',
  options: { job: '', threads: 1, folder: '' },
  install: 'get it',
};
const lane = (name: string, role: Side['role'], times: number[], more: Partial<Lane & Side> = {}): Lane => {
  const { flops, ...rest } = more;
  return {
    side: { name, role, command, ...(flops === undefined ? {} : { flops }) },
    times,
    versions: { [name]: '1.0' },
    ...rest,
  };
};
const result = (lanes: Lane[], more: Partial<Case> = {}): CaseResult => ({
  measured: { name: 'case', title: 'a title', sides: [], rounds: 3, warmUp: 1, ...more },
  lanes,
});

const generator = result(
  [
    lane('Sextant', 'ours', [99, 100, 101], { flops: 20e9, peakRssMb: 100, digest: 1 }),
    lane('PyTorch', 'peer', [150, 140, 160], { flops: 20e9, peakRssMb: 400, digest: 1.0001 }),
    lane('MatMul', 'peak', [50], { flops: 25e9, peakRssMb: 1 }),
  ],
  { audioSeconds: 10 },
);

describe('rows', () => {
  test('ratios, speed and share of the peak', () => {
    expect(rows(generator)).toEqual([
      {
        side: 'Sextant',
        'median ms': 100,
        'spread %': 1,
        '× real time': 100,
        'GFLOP/s': 200,
        '% of peak': 40,
        'peak RSS MiB': 100,
      },
      {
        side: 'PyTorch',
        'median ms': 150,
        'spread %': 7,
        '× real time': 66.7,
        'GFLOP/s': 133,
        '% of peak': 27,
        'peak RSS MiB': 400,
        'speed ratio': 1.5,
        'memory ratio': 0.25,
      },
      { side: 'MatMul', 'median ms': 50, 'spread %': 0, 'GFLOP/s': 500, '% of peak': 100 },
    ]);
  });

  test('nothing is made up of what was not measured', () => {
    const bare = result([lane('Sextant', 'ours', [12345.6]), lane('PyTorch', 'peer', [])]);
    expect(rows(bare)).toEqual([{ side: 'Sextant', 'median ms': 12346, 'spread %': 0 }]);
  });
});

describe('remarks', () => {
  test('say what is missing and how to get it', () => {
    const missing = { reason: 'PyTorch is not installed', failed: false };
    expect(remarks(result([lane('PyTorch', 'peer', [], { missing })]))).toEqual([
      'PyTorch: skipped: PyTorch is not installed (get it)',
    ]);
    const failed = { reason: 'out of memory', failed: true };
    expect(remarks(result([lane('PyTorch', 'peer', [], { missing: failed })]))).toEqual([
      'PyTorch: failed: out of memory',
    ]);
  });

  test.each([
    [1.0005, 0],
    [1.01, 1],
    [Number.NaN, 1],
  ])('a peer whose result is %d where ours is 1', (digest, count) => {
    const lanes = [lane('Sextant', 'ours', [1], { digest: 1 }), lane('PyTorch', 'peer', [1], { digest })];
    expect(remarks(result(lanes))).toHaveLength(count);
  });
});

describe('text', () => {
  const run = (before: number): Run => ({
    system: 'vocoder',
    date: '2020-01-02',
    command: 'npm run bench -- vocoder',
    threads: 2,
    machine: { cpu: 'A CPU', cores: 4, memoryGb: 8 },
    load: { before, after: 2 },
    results: [generator],
  });

  test('a case as a table', () => {
    const [title, heads, , first] = caseText(generator).split('\n');
    expect(title).toBe('case: a title');
    expect(heads).toMatch(/^side +median ms +spread % +× real time +GFLOP\/s .*speed ratio +memory ratio$/);
    expect(first).toMatch(/^Sextant +100 +1 +100 +200 +40 +100$/);
  });

  test('a section says where its figures are from', () => {
    const text = section(run(0.1));
    expect(text).toMatch(/^## vocoder\n\n`npm run bench -- vocoder`, 2020-01-02\n/);
    expect(text).toContain('A CPU, 4 cores, 8 GiB of memory; 2 threads per side');
    expect(text).toContain('Sextant 1.0, PyTorch 1.0, MatMul 1.0');
    expect(text).toContain('was quiet (load average 0.10 before, 2.00 after)');
    expect(section(run(3))).toContain('**loaded: do not quote these figures**');
  });

  test.each([
    [0.2, 2.5, false],
    [0.6, 2, true],
    [0.2, 3.5, true],
  ])('load %d before and %d after two threads: loaded is %s', (before, after, loaded) =>
    expect(wasLoaded(before, after, 2)).toBe(loaded),
  );

  test('a section takes the place of the one before', () => {
    const once = withSection('# Results\n\nIntro.\n', '## a\n\none');
    expect(once).toBe('# Results\n\nIntro.\n\n## a\n\none\n');
    const both = withSection(once, '## b\n\n### sub\n\ntwo');
    expect(withSection(both, '## a\n\nthree')).toBe(
      '# Results\n\nIntro.\n\n## a\n\nthree\n\n## b\n\n### sub\n\ntwo\n',
    );
  });
});
