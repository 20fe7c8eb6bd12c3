import { expect, test } from '@jest/globals';
import { statementNames } from '../../src/platform/statement-names.js';

test('one text has one name, and other texts have others', () => {
  const name = statementNames();
  expect(name({ sql: 'select 1' })).toBe(name({ sql: 'select 1' }));
  expect(name({ sql: 'select 1' })).not.toBe(name({ sql: 'select 2' }));
  expect(name({ sql: 'select 1' })).toMatch(/^[0-9a-f]{32}$/);
});

test('texts beyond the limit stay unnamed, known ones keep their names', () => {
  const name = statementNames(1);
  const known = name({ sql: 'select 1' });
  expect(name({ sql: 'select 2' })).toBe('');
  expect(name({ sql: 'select 1' })).toBe(known);
});
