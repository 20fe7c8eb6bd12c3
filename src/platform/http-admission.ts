import type { FastifyInstance } from 'fastify';
import type { Admission } from './admission.js';

export interface AdmissionRoutes {
  /** Ways to open a connection. */
  readonly doors: readonly string[];
  /** Where clients ask why they were refused. */
  readonly check: string;
}

/** By the route that was found and not by the address as written, which may be encoded. */
export function registerAdmission(
  app: FastifyInstance,
  admission: Admission,
  { doors, check }: AdmissionRoutes,
): void {
  app.addHook('onRequest', async ({ routeOptions: { url }, ip }) => {
    if (url === check) admission.recall(ip);
    else if (url !== undefined && doors.includes(url)) admission.enter(ip);
  });
}
