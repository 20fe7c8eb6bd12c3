/** The WebSocket subprotocol, and the `protocol` field of `ready`. */
export const PROTOCOL = 'chat.v1';

/**
 * Raised with every change of a schema; `tests/protocol/version.test.ts` pins the hash of all schemas to it.
 *
 * 1: first version.
 */
export const PROTOCOL_VERSION = 1;
