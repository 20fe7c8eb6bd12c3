import type { Message } from '../../protocol/resources/message.js';
import type { Caller } from '../../realtime/caller.js';
import type { Access } from '../conversations/index.js';

/** Staff who write into a support conversation for the first time join it; customers and members are in it already. */
export function joinsAs(access: Access): 'agent' | null {
  return access.isStaff && !access.isParticipant ? 'agent' : null;
}

/** Words are their author's, also towards admins. */
export const canEdit = (caller: Caller, message: Message): boolean =>
  message.senderId === caller.userId;

/** Staff may take away what should not stand on their business's pages. */
export const canDelete = (caller: Caller, message: Message, access: Access): boolean =>
  message.senderId === caller.userId || (access.type === 'support' && access.isStaff);
