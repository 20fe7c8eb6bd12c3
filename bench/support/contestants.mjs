import { floor } from '../contenders/floor.mjs';
import { servihub } from '../contenders/servihub.mjs';
import { socketIo } from '../contenders/socketio.mjs';

/** The peer, ours, and what is the least. */
export async function allContenders(setting) {
  return [await socketIo(setting), await servihub(setting), floor(setting)];
}
