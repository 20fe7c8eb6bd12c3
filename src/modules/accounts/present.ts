import type { Person, Role } from '../../protocol/resources/person.js';
import type { UserRecord } from './repository.js';
import type { OwnProfile } from './schemas.js';

type PersonRecord = Pick<UserRecord, 'id' | 'name' | 'avatar'> & { role: string };

export function presentPerson({ id, name, role, avatar }: PersonRecord): Person {
  return { id, name, role: role as Role, avatar };
}

export function presentOwnProfile(user: UserRecord): OwnProfile {
  const businesses = user.memberships.map(({ business, role }) => ({ ...business, role }));
  return { ...presentPerson(user), email: user.email, businesses };
}
