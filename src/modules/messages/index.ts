export { createMessageCommands } from './commands.js';
export { createMessagesRepository } from './repository.js';
export { messagesRoutes } from './routes.js';
export { createMessagesService } from './service.js';
export { createStore } from './store-repository.js';
export { createWriter, type Store } from './writer.js';
