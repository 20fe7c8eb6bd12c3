// npm run db:seed: the demo business in the database that DATABASE_URL names.
import './typescript.mjs';

const { DATABASE_URL } = process.env;
if (!DATABASE_URL) {
  console.error(
    'Set DATABASE_URL to the database that is to get the demo business. The embedded one has it already.',
  );
  process.exit(1);
}
const { seed } = await import('../src/seed.ts');
await seed(DATABASE_URL, 'prisma/migrations');
console.log(
  'The demo business "Savanna Crafts" is there. Sign in as agent1@savanna.test, password savanna-demo.',
);
