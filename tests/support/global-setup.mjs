import { startServices } from './services.mjs';

export default startServices;
