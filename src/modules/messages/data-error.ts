/** SQLSTATE classes 22 and 23: something about the row, not about the database. */
export function isDataError(error: unknown): boolean {
  return /\b(22|23)[0-9A-Z]{3}\b/.test(
    JSON.stringify(error, ['code', 'meta', 'originalCode', 'cause', 'driverAdapterError']) ?? '',
  );
}
