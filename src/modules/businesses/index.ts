export { createBusinessesRepository } from './repository.js';
export { businessesRoutes } from './routes.js';
export { createBusinessesService } from './service.js';
