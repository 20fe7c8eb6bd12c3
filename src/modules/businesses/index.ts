export { createBusinessesRepository } from './repository.js';
export { businessesRoutes } from './routes.js';
export { type BusinessesService, createBusinessesService } from './service.js';
