// The load generator: told by messages of its parent what to do. A scenario makes the orders that it can take.
import '../../scripts/typescript.mjs';

let orders = {
  async open({ scenario, client, ...details }) {
    const dialect = await import(`./clients/${client}.mjs`);
    const { open } = await import(`./${scenario}.mjs`);
    orders = await open(dialect, { client, ...details }, fail);
  },
};

function fail(reason) {
  process.send({ error: `${reason}` }, () => process.exit(1));
}

process.on('message', async ({ order, ...details }) => {
  const before = process.cpuUsage();
  try {
    const result = await orders[order](details);
    const { user, system } = process.cpuUsage(before);
    process.send({ result: { ...result, generatorCpuMs: (user + system) / 1_000 } });
  } catch (error) {
    fail(error.stack);
  }
});
process.on('disconnect', () => process.exit(0));
