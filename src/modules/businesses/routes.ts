import type { RateLimitOptions } from '@fastify/rate-limit';
import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox';
import { WidgetConfig, WidgetConfigQuery, WidgetSession, WidgetSessionBody } from './schemas.js';
import type { BusinessesService } from './service.js';

export interface BusinessesRoutesOptions {
  readonly businesses: BusinessesService;
  readonly visitorLimit: RateLimitOptions;
}

export const businessesRoutes: FastifyPluginAsyncTypebox<BusinessesRoutesOptions> = async (
  app,
  { businesses, visitorLimit },
) => {
  app.get(
    '/api/widget/config',
    {
      schema: {
        tags: ['widget'],
        summary: 'What the widget shows before the first message',
        querystring: WidgetConfigQuery,
        response: { 200: WidgetConfig },
      },
    },
    ({ query }) => businesses.widgetConfig(query.key),
  );

  app.post(
    '/api/widget/session',
    {
      config: { rateLimit: visitorLimit },
      schema: {
        tags: ['widget'],
        summary: 'A token for a visitor; the same visitor key is the same visitor',
        body: WidgetSessionBody,
        response: { 200: WidgetSession },
      },
    },
    ({ body }) => businesses.openWidgetSession(body.widgetKey, body.visitorKey),
  );
};
