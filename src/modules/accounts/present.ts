import type { Person, Role } from '../../protocol/resources/person.js';
import type { KnownUser, UserRecord } from './repository.js';
import type { OwnProfile } from './schemas.js';

export function presentPerson({
  id,
  name,
  role,
  avatar,
}: Pick<KnownUser, 'id' | 'name' | 'role' | 'avatar'>): Person {
  return { id, name, role: role as Role, avatar };
}

export function presentOwnProfile(user: UserRecord): OwnProfile {
  const businesses = user.memberships.map(({ business, role }) => ({ ...business, role }));
  return { ...presentPerson(user), email: user.email, businesses };
}
