import { createHash } from 'node:crypto';
import { AppError } from '../../platform/errors.js';
import type { Person, Role } from '../../protocol/resources/person.js';
import type { Status } from '../../protocol/resources/presence.js';
import type { BusinessesRepository, BusinessRecord } from './repository.js';
import type { WidgetConfig, WidgetSession } from './schemas.js';

const VISITOR_LIFETIME_S = 3_600;
const TEAM_SHOWN = 3;

export interface BusinessesPorts {
  readonly repository: BusinessesRepository;
  /** Makes the user on first sight, then answers the same one. */
  provisionVisitor(subject: string, name: string): Promise<Person>;
  issueToken(subject: string, lifetimeS: number): { token: string; expiresAt: string };
  availability(businessId: string): Promise<Status>;
}

export type BusinessesService = ReturnType<typeof createBusinessesService>;

export function createBusinessesService(ports: BusinessesPorts) {
  const { repository } = ports;
  const byKey = async (widgetKey: string): Promise<BusinessRecord> => {
    const business = await repository.findByKey(widgetKey);
    if (business) return business;
    throw new AppError(
      'not_found',
      'No business has this widget key. Copy the snippet from its settings again.',
    );
  };

  return {
    widgetConfig: async (widgetKey: string): Promise<WidgetConfig> => {
      const { id, name, brandColor, greeting } = await byKey(widgetKey);
      const members = await repository.team(id, TEAM_SHOWN);
      const team = members.map(({ user }) => ({ ...user, role: user.role as Role }));
      // Presence is a hint: without it the widget says that nobody is there, and works.
      const status = await ports.availability(id).catch((): Status => 'offline');
      return { businessId: id, name, brandColor, greeting, team, status };
    },

    /** First called at the first message: until then a visitor leaves no row behind. */
    openWidgetSession: async (widgetKey: string, visitorKey: string): Promise<WidgetSession> => {
      const { id: businessId } = await byKey(widgetKey);
      const subject = `visitor:${businessId}:${createHash('sha256').update(visitorKey).digest('hex')}`;
      const user = await ports.provisionVisitor(subject, visitorName(visitorKey));
      const conversationId = await repository.openConversationOf(businessId, user.id);
      return { ...ports.issueToken(subject, VISITOR_LIFETIME_S), user, businessId, conversationId };
    },

    /** Origins whose pages may frame the panel of this business. */
    embedders: async (widgetKey: string): Promise<readonly string[]> =>
      (await repository.findByKey(widgetKey))?.allowedOrigins ?? [],
  };
}

/** Tells visitors apart in the inbox without saying anything about them. */
function visitorName(visitorKey: string): string {
  return `Visitor ${createHash('sha256').update(`name:${visitorKey}`).digest('hex').slice(0, 4).toUpperCase()}`;
}
