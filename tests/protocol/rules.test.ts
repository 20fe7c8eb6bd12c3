import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, test } from '@jest/globals';

const root = fileURLToPath(new URL('../../', import.meta.url));
const tests = readdirSync(join(root, 'tests'), { recursive: true, encoding: 'utf8' })
  .filter((path) => /\.(test|contract)\.tsx?$/.test(path))
  .map((path) => readFileSync(join(root, 'tests', path), 'utf8'));

const all = (text: string, pattern: RegExp) => [...text.matchAll(pattern)].map(([, id]) => id);
const rules = all(
  readFileSync(join(root, 'src/protocol/PROTOCOL.md'), 'utf8'),
  /^- \*\*([A-Z]\d+)\*\*/gm,
);
/** A title may begin with several: `[O1] [O6] everybody …`. */
const cited = tests
  .flatMap((text) => all(text, /['"`]((?:\[[A-Z]\d+\] )+)/g))
  .flatMap((ids) => all(ids as string, /\[([A-Z]\d+)\]/g));

test('each rule of the protocol has an id of its own', () => {
  expect(rules.length).toBeGreaterThan(40);
  expect(new Set(rules).size).toBe(rules.length);
});

test('each rule of the protocol is cited by the title of a test that proves it', () => {
  expect(rules.filter((id) => !cited.includes(id))).toEqual([]);
});

test('no test cites a rule that the protocol does not have', () => {
  expect([...new Set(cited)].filter((id) => !rules.includes(id))).toEqual([]);
});
