import type { FastifySchemaCompiler } from 'fastify';
import { IsInteger, IsObject, type TSchema } from 'typebox';
import { AppError } from './errors.js';
import { compile, explain } from './validation.js';

/** The words of people for Fastify's names of the parts. */
const PARTS: Readonly<Record<string, string>> = {
  body: 'body',
  querystring: 'query',
  params: 'address',
  headers: 'headers',
};

const INTEGER = /^-?\d{1,16}$/;

/** Unknown fields are refused, not dropped; only what comes as text anyway (query, path) is converted. */
export const compileValidator: FastifySchemaCompiler<TSchema> = ({ schema, httpPart }) => {
  const validator = compile(schema);
  return (value: unknown) => {
    const input = httpPart === 'body' ? value : withIntegers(schema, value);
    if (validator.Check(input)) return { value: input };
    return {
      error: new AppError(
        'bad_request',
        `The ${PARTS[httpPart ?? ''] ?? 'request'} is wrong: ${explain(validator, input)}.`,
      ),
    };
  };
};

/** Digits become numbers where the schema wants one; `1.9`, `1e3` and ` 1` stay text, and are refused. */
function withIntegers(schema: TSchema, value: unknown): unknown {
  if (!IsObject(schema)) return value;
  const convert = ([name, text]: [string, unknown]): [string, unknown] => {
    const isNumber = Object.hasOwn(schema.properties, name) && IsInteger(schema.properties[name]);
    return [name, isNumber && typeof text === 'string' && INTEGER.test(text) ? Number(text) : text];
  };
  return Object.fromEntries(Object.entries(value as object).map(convert));
}
