import { type Topic, topics } from '../../realtime/topics.js';

export interface Route {
  readonly businessId: string | null;
  readonly customerId: string | null;
  /** The people of a direct conversation. */
  readonly members: readonly string[] | null;
}

/** Whose user sessions get the frames of a conversation: all staff and the customer, or the people in it. */
export function routeOf({ businessId, customerId, members }: Route): Topic[] {
  const people = (members ?? []).map(topics.user);
  if (customerId) people.push(topics.user(customerId));
  return businessId ? [topics.business(businessId), ...people] : people;
}
