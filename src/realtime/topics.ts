/** Local addresses of sessions. Not Redis channels: there is one, which every node reads. */
export type Topic =
  | `user:${string}`
  | `business:${string}`
  | `presence:${string}`
  | `session:${string}`
  | 'nodes';

export const topics = {
  /** Every node, and no session. */
  nodes: 'nodes' as Topic,
  user: (id: string): Topic => `user:${id}`,
  business: (id: string): Topic => `business:${id}`,
  presence: (userOrBusinessId: string): Topic => `presence:${userOrBusinessId}`,
  session: (connectionId: string): Topic => `session:${connectionId}`,
};
