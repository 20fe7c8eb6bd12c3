// npm run chaos -- [options]
import '../../scripts/typescript.mjs';

await import('./main.ts');
