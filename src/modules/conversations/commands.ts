import { type Handlers, targetOf } from '../../realtime/commands.js';
import type { ConversationsService } from './service.js';

type ConversationCommands = Pick<Handlers, 'typing' | 'read' | 'delivered'>;

export function createConversationCommands(
  conversations: ConversationsService,
): ConversationCommands {
  return {
    typing: async (command, context) => {
      const id = targetOf(command, context);
      await conversations.typing(context.caller, id, command.active ?? true, context.connectionId);
      return undefined;
    },
    read: async (command, context) => {
      const id = targetOf(command, context);
      await conversations.mark(context.caller, id, { delivered: command.seq, read: command.seq });
      return undefined;
    },
    delivered: async (command, context) => {
      const id = targetOf(command, context);
      await conversations.mark(context.caller, id, { delivered: command.seq, read: 0 });
      return undefined;
    },
  };
}
