// A node of the product with faults built in: started by the suite.
import '../../../scripts/typescript.mjs';

await import('./node.ts');
