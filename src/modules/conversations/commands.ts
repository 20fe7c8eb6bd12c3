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
    // The next command need not wait for the write, and only a refusal is answered.
    read: async (command, context) => {
      const id = targetOf(command, context);
      const marks = { delivered: command.seq, read: command.seq };
      const { stored } = await conversations.mark(context.caller, id, marks);
      return { done: stored };
    },
    delivered: async (command, context) => {
      const id = targetOf(command, context);
      const marks = { delivered: command.seq, read: 0 };
      const { stored } = await conversations.mark(context.caller, id, marks);
      return { done: stored };
    },
  };
}
