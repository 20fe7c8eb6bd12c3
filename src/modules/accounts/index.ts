export { hashPassword } from './passwords.js';
export { createAccountsRepository } from './repository.js';
export { accountsRoutes } from './routes.js';
export { createAccountsService } from './service.js';
export { createTicketStore } from './tickets/index.js';
export { createTokens, OWN_ISSUER } from './tokens.js';
