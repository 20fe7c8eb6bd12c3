import { type Static, Type } from 'typebox';
import { closed, Nullable, Timestamp, Uuid } from '../../protocol/primitives.js';
import { Person } from '../../protocol/resources/person.js';
import { Status } from '../../protocol/resources/presence.js';

const WidgetKey = Type.String({ minLength: 1, maxLength: 64, pattern: '^[A-Za-z0-9_-]+$' });

export const WidgetConfigQuery = Type.Object({ key: WidgetKey }, closed);
export const WidgetConfig = Type.Object(
  {
    businessId: Uuid,
    name: Type.String(),
    brandColor: Type.String(),
    greeting: Nullable(Type.String()),
    team: Type.Array(Person),
    status: Status,
  },
  closed,
);
export type WidgetConfig = Static<typeof WidgetConfig>;

export const WidgetSessionBody = Type.Object(
  { widgetKey: WidgetKey, visitorKey: Type.String({ pattern: '^[0-9a-f]{32}$' }) },
  closed,
);
export const WidgetSession = Type.Object(
  {
    token: Type.String(),
    expiresAt: Timestamp,
    user: Person,
    businessId: Uuid,
    conversationId: Nullable(Uuid),
  },
  closed,
);
export type WidgetSession = Static<typeof WidgetSession>;
