// Importing this file lets Node itself import the TypeScript of src: for tools that run before anything is built.
import { register } from 'node:module';

register('./typescript-hooks.mjs', import.meta.url);
