import type { Person, Role } from '../../protocol/resources/person.js';
import type { DeviceRecord } from './device-repository.js';
import type { KnownUser, UserRecord } from './repository.js';
import type { Device, OwnProfile } from './schemas.js';

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

export function presentDevice(record: DeviceRecord, currentId: string | null): Device {
  const { id, userAgent, createdAt, expiresAt } = record;
  return {
    id,
    userAgent,
    createdAt: createdAt.toISOString(),
    expiresAt: expiresAt.toISOString(),
    current: id === currentId,
  };
}
