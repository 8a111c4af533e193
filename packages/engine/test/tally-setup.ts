/**
 * @module For `npm run tally`: notes after each test file what its gradient checks compared.
 */
import { appendFileSync } from 'node:fs';
import { afterAll } from 'vitest';
import { tally } from '../src/testing.js';

afterAll(() => appendFileSync(process.env.TALLY_FILE!, `${JSON.stringify(tally)}\n`));
