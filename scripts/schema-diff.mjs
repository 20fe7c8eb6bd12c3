import { readdir, readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { PrismaPg } from '@prisma/adapter-pg';
import { bindMigrationAwareSqlAdapterFactory, ColumnTypeEnum } from '@prisma/driver-adapter-utils';
import * as glue from '@prisma/schema-engine-wasm/schema_engine_bg';

const SCHEMA = fileURLToPath(new URL('../prisma', import.meta.url));
const CHAR = 18;
const TEXT = 25;

/** The SQL that brings the database at `url` to the Prisma schema of `dir`; empty when they agree. */
export async function schemaDiff(url, dir = SCHEMA) {
  const files = await readSchema(dir);
  await loadEngine();
  const factory = bindMigrationAwareSqlAdapterFactory(readingCatalogue(new PrismaPg(url)));
  const datamodels = files.map(({ path, content }) => [path, content]);
  const engine = await glue.SchemaEngine.new({ datamodels }, () => {}, factory);
  try {
    const { exitCode, stdout } = await engine.diff({
      from: { tag: 'schemaDatasource', files, configDir: dir },
      to: { tag: 'schemaDatamodel', files },
      script: true,
      exitCode: true,
      shadowDatabaseUrl: null,
      filters: { externalTables: [], externalEnums: [] },
    });
    return exitCode === 0 ? '' : (stdout ?? '');
  } finally {
    engine.free();
  }
}

async function readSchema(dir) {
  const names = await readdir(dir, { recursive: true });
  const paths = names.filter((name) => name.endsWith('.prisma')).sort();
  return Promise.all(
    paths.map(async (path) => ({ path, content: await readFile(join(dir, path), 'utf8') })),
  );
}

let loaded;

/** Prisma's engine as WebAssembly: the native one would have to be downloaded. */
const loadEngine = () => (loaded ??= instantiate());

async function instantiate() {
  const entry = createRequire(import.meta.url).resolve('@prisma/schema-engine-wasm');
  const bytes = await readFile(entry.replace(/schema_engine\.js$/, 'schema_engine_bg.wasm'));
  const { instance } = await WebAssembly.instantiate(bytes, { './schema_engine_bg.js': glue });
  glue.__wbg_set_wasm(instance.exports);
  instance.exports.__wbindgen_start();
}

/** The adapter does not know the type "char" of PostgreSQL's catalogue, which the engine reads. */
function readingCatalogue(factory) {
  for (const name of ['connect', 'connectToShadowDb']) {
    const connect = factory[name].bind(factory);
    factory[name] = async () => withChar(await connect());
  }
  return factory;
}

/** The engine asks one query at a time, so the columns of the last result can be remembered here. */
function withChar(adapter) {
  let chars = [];
  const { client } = adapter;
  const query = async (...args) => {
    const result = await client.query(...args);
    const fields = result.fields ?? [];
    chars = fields.flatMap(({ dataTypeID }, index) => (dataTypeID === CHAR ? [index] : []));
    for (const index of chars) fields[index].dataTypeID = TEXT;
    return result;
  };
  adapter.client = Object.create(client, { query: { value: query } });
  const queryRaw = adapter.queryRaw.bind(adapter);
  adapter.queryRaw = async (statement) => {
    const result = await queryRaw(statement);
    for (const index of chars) result.columnTypes[index] = ColumnTypeEnum.Character;
    return result;
  };
  return adapter;
}
