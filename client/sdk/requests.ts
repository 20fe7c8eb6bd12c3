import type { Command } from '@protocol/commands';
import type { Frame, FrameOf } from '@protocol/frames';
import type { Cancel, Clock } from './clock';
import { ChatError, errorOfFrame } from './errors';

export const REQUEST_TIMEOUT_MS = 10_000;

type Answer = FrameOf<'ack' | 'auth' | 'pong'>;

interface Waiting {
  resolve(answer: Answer): void;
  reject(error: ChatError): void;
}

export interface Requests {
  /** The answer with the same id; rejects when refused, unanswered for 10 s, or when the connection ends. */
  ask(command: Command): Promise<Answer>;
  /** True when it was the answer of a request. */
  settle(frame: Frame): boolean;
  /** The connection ended: nothing of it will be answered any more. */
  drop(): void;
}

export function createRequests(send: (command: Command) => boolean, clock: Clock): Requests {
  const waiting = new Map<string, Waiting>();
  let last = 0;

  function wait(id: string): Promise<Answer> {
    return new Promise((resolve, reject) => {
      const timeout = new ChatError({ code: 'timeout', message: 'No answer in time' });
      const stop: Cancel = clock.after(REQUEST_TIMEOUT_MS, () => waiting.get(id)?.reject(timeout));
      const finish = () => {
        stop();
        waiting.delete(id);
      };
      waiting.set(id, {
        resolve: (answer) => {
          finish();
          resolve(answer);
        },
        reject: (error) => {
          finish();
          reject(error);
        },
      });
    });
  }
  const disconnected = () => new ChatError({ code: 'disconnected', message: 'Not connected' });
  return {
    ask(command) {
      last += 1;
      const id = String(last);
      const answer = wait(id);
      if (!send({ ...command, id })) waiting.get(id)?.reject(disconnected());
      return answer;
    },
    settle(frame) {
      const request = 'id' in frame && frame.id !== undefined ? waiting.get(frame.id) : undefined;
      if (request === undefined) return false;
      if (frame.type === 'error') request.reject(errorOfFrame(frame));
      else if (frame.type === 'ack' || frame.type === 'auth' || frame.type === 'pong') {
        request.resolve(frame);
      }
      return true;
    },
    drop() {
      for (const request of [...waiting.values()]) request.reject(disconnected());
    },
  };
}
