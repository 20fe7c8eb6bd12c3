import { type Handlers, targetOf } from '../../realtime/commands.js';
import { type MessagesService, makeClientId } from './service.js';

/** Stop four of the life of a message: the frame becomes the same call that REST makes. */
export function createMessageCommands(messages: MessagesService): Pick<Handlers, 'message'> {
  return {
    message: async (command, context) => {
      const { sent } = await messages.submit(context.caller, {
        conversationId: targetOf(command, context),
        body: command.body,
        clientId: command.clientId ?? makeClientId(),
        replyTo: command.replyTo ?? null,
        ifLastSeq: command.ifLastSeq ?? null,
      });
      const done = sent.then(({ message, duplicate }) => {
        const { clientId, conversationId, seq, createdAt } = message;
        const id = command.id === undefined ? {} : { id: command.id };
        context.reply({ type: 'ack', ...id, clientId, conversationId, seq, createdAt, duplicate });
      });
      return { done };
    },
  };
}
