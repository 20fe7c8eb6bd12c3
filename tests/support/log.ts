import { pino } from 'pino';

/** For code under test whose log is of no interest. */
export const silent = pino({ level: 'silent' });
