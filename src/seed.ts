import { seedDemo } from './demo.js';
import { openDatabase } from './platform/database.js';
import { createLogger } from './platform/logger.js';
import { migrate } from './platform/migrate.js';

/** Brings a database of one's own up to date and puts the demo business into it. */
export async function seed(url: string, migrationsDir: string): Promise<void> {
  const log = createLogger('warn');
  await migrate(url, migrationsDir, log);
  const database = openDatabase({ url, max: 2, log });
  await seedDemo(database.prisma).finally(() => database.close());
}
