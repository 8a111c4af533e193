import { defineConfig } from 'vitest/config';

export default defineConfig({
  // Tests run on the sources: every package.json offers them under the `source` condition.
  resolve: { conditions: ['source'] },
  ssr: { resolve: { conditions: ['source', 'node', 'import', 'module', 'default'] } },
  test: {
    include: ['packages/*/{src,test}/**/*.test.ts', 'bench/**/*.test.ts'],
    testTimeout: 60_000,
    // Each ONNX Runtime session uses every core: two test files at a time keep the machine busy, not thrashing.
    maxWorkers: 2,
  },
});
