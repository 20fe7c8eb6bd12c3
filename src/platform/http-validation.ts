import type { FastifySchemaCompiler } from 'fastify';
import type { TSchema } from 'typebox';
import { Convert } from 'typebox/value';
import { AppError } from './errors.js';
import { compile, explain } from './validation.js';

/** The words of people for Fastify's names of the parts. */
const PARTS: Readonly<Record<string, string>> = {
  body: 'body',
  querystring: 'query',
  params: 'address',
  headers: 'headers',
};

/** Unknown fields are refused, not dropped; only what comes as text anyway (query, path) is converted. */
export const compileValidator: FastifySchemaCompiler<TSchema> = ({ schema, httpPart }) => {
  const validator = compile(schema);
  return (value: unknown) => {
    const input = httpPart === 'body' ? value : Convert(schema, value);
    if (validator.Check(input)) return { value: input };
    return {
      error: new AppError(
        'bad_request',
        `The ${PARTS[httpPart ?? ''] ?? 'request'} is wrong: ${explain(validator, input)}.`,
      ),
    };
  };
};
