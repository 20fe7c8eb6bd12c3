import { createHash } from 'node:crypto';

/**
 * Names for prepared statements, so that PostgreSQL parses each text once per connection.
 * A server keeps every named statement for the life of its connection, and one text per length of
 * an `IN` list is endless: texts beyond `limit` stay unnamed and are parsed each time.
 */
export function statementNames(limit = 500): (query: { readonly sql: string }) => string {
  const names = new Map<string, string>();
  return ({ sql }) => {
    const known = names.get(sql);
    if (known !== undefined) return known;
    if (names.size >= limit) return '';
    const name = createHash('md5').update(sql).digest('hex');
    names.set(sql, name);
    return name;
  };
}
