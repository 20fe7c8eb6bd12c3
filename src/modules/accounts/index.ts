export { hashPassword } from './passwords.js';
export { createAccountsRepository } from './repository.js';
export { accountsRoutes } from './routes.js';
export { type AccountsService, createAccountsService } from './service.js';
export { createTicketStore } from './tickets/index.js';
export { createTokens, OWN_ISSUER, type Tokens } from './tokens.js';
