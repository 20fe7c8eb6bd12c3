import type { Caller } from '../../realtime/caller.js';
import type { Access } from './access.js';

export const canSee = (access: Access | null): access is Access =>
  access !== null && (access.isParticipant || access.isStaff);

export const canSend = (access: Access): boolean => access.isParticipant || access.isStaff;

/** Opening and resolving is the business's affair; a customer re-opens by writing. */
export const canSetStatus = (access: Access): boolean =>
  access.type === 'support' && access.isStaff;

/** Staff write to their customers from the inbox, and cannot be their own customers. */
export const canAskForSupport = (caller: Caller, businessId: string): boolean =>
  !caller.staffOf.includes(businessId);
