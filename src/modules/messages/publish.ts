import type { Message } from '../../protocol/resources/message.js';
import type { Participant } from '../../protocol/resources/participant.js';
import type { Bus } from '../../realtime/bus/index.js';
import type { Topic } from '../../realtime/topics.js';
import type { Access, ConversationsService } from '../conversations/index.js';
import type { Send, SendResult } from './send.js';

export interface PublisherPorts {
  readonly bus: Bus;
  readonly conversations: Pick<ConversationsService, 'snapshot' | 'routeOf'>;
}

/** After the commit: the finished frames, encoded once for the whole cluster. A frame that is lost here is found by the sweep. */
export function createPublisher({ bus, conversations }: PublisherPorts) {
  const { routeOf, snapshot } = conversations;
  const publish = (
    to: readonly Topic[],
    conversationId: string,
    changeSeq: number,
    frame: object,
  ) => bus.publish({ topics: to, conversationId, changeSeq, frame: JSON.stringify(frame) });

  const reopened = async (to: readonly Topic[], conversationId: string) => {
    const present = await snapshot(conversationId).catch(() => null);
    if (!present) return;
    publish(to, conversationId, present.changeSeq, {
      type: 'conversation',
      conversationId,
      changeSeq: present.changeSeq,
      conversation: present,
    });
  };

  return {
    /** Frames go out in the order of their numbers: re-opened, joined, message. */
    stored: async (send: Send, result: SendResult): Promise<Message> => {
      const message = presentStored(send, result);
      const to = routeOf(result);
      const { conversationId } = send;
      if (result.reopenedSeq !== null) await reopened(to, conversationId);
      if (result.joinedSeq !== null) {
        publish(to, conversationId, result.joinedSeq, {
          type: 'participant',
          ...presentJoined(send, result.joinedSeq),
        });
      }
      publish(to, conversationId, message.changeSeq, { type: 'message', ...message });
      return message;
    },

    changed: (access: Access, message: Message): void =>
      publish(routeOf(access), message.conversationId, message.changeSeq, {
        type: 'message',
        ...message,
      }),
  };
}

/** What the row holds, without reading it again. */
function presentStored(send: Send, { seq, createdAt }: SendResult): Message {
  return {
    conversationId: send.conversationId,
    seq: seq as number,
    changeSeq: seq as number,
    senderId: send.sender.id,
    sender: send.sender,
    clientId: send.clientId,
    kind: 'text',
    body: send.body,
    replyToSeq: send.replyTo,
    createdAt: (createdAt as Date).toISOString(),
    editedAt: null,
    deletedAt: null,
  };
}

function presentJoined({ conversationId, sender }: Send, joinedSeq: number): Participant {
  return {
    conversationId,
    userId: sender.id,
    user: sender,
    role: 'agent',
    changeSeq: joinedSeq,
    joinedSeq,
    leftSeq: null,
  };
}
