export type { Access } from './access.js';
export { createConversationCommands } from './commands.js';
export { createConversationLog, createUserLog } from './log-repository.js';
export { type MessageRow, presentMessage } from './present.js';
export { createConversationsRepository } from './repository.js';
export { conversationsRoutes } from './routes.js';
export { type ConversationsService, createConversationsService } from './service.js';
