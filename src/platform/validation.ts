import type { TSchema } from 'typebox';
import { Compile, type Validator } from 'typebox/compile';

export type { Validator };

export const compile = (schema: TSchema): Validator => Compile(schema);

/** The first thing that is wrong, in words. Values are not repeated: they may be message bodies or secrets. */
export function explain(validator: Validator, value: unknown): string {
  const [first] = validator.Errors(value);
  if (!first) return 'it does not match its schema';
  const path = first.instancePath.slice(1, 80).replaceAll('/', '.');
  // `additionalProperties: false` shows as a property that nothing may match.
  if (first.keyword === 'boolean') return `unknown field \`${path}\``;
  return `${path === '' ? 'it' : `\`${path}\``} ${first.message}`;
}
