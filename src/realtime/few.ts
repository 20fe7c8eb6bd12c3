/**
 * A set that costs nothing of its own while it has one member, as nearly all have in a node full of idle connections:
 * the sessions of a topic, the topics of a session, the sessions of a person. A `Set` of one takes 200 bytes.
 */
export type Few<T extends string | object> = T | Set<T> | undefined;

/** The same set, or what takes its place. */
export function including<T extends string | object>(few: Few<T>, member: T): Few<T> {
  if (few === undefined || few === member) return member;
  return few instanceof Set ? few.add(member) : new Set([few, member]);
}

/** Undefined once it is empty. A large set stays what it is: somebody may be going through it. */
export function excluding<T extends string | object>(few: Few<T>, member: T): Few<T> {
  if (!(few instanceof Set)) return few === member ? undefined : few;
  few.delete(member);
  return few.size > 0 ? few : undefined;
}

/** In the order in which they came. */
export function membersOf<T extends string | object>(few: Few<T>): ReadonlySet<T> {
  if (few instanceof Set) return few;
  return new Set(few === undefined ? [] : [few]);
}
