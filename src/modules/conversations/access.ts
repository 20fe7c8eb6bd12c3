/** What decides on a caller's rights in a conversation. `type`, `businessId` and `customerId` never change. */
export interface Access {
  readonly conversationId: string;
  readonly type: 'direct' | 'support';
  readonly businessId: string | null;
  readonly customerId: string | null;
  /** The people of a direct conversation. */
  readonly members: readonly string[];
  readonly isParticipant: boolean;
  readonly isStaff: boolean;
}
