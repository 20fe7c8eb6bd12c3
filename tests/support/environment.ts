/** Set by the global setup for all test files of a run. */
export function fromSetup(name: string): string {
  const value = process.env[name];
  if (value === undefined) throw new Error(`${name} is not set: run the tests through npm test`);
  return value;
}
