import type { Store } from './types';

export interface WritableStore<T> extends Store<T> {
  /** Tells the listeners only when the identity changes. */
  set(next: T): void;
}

export function createStore<T>(initial: T): WritableStore<T> {
  const listeners = new Set<() => void>();
  let current = initial;
  return {
    getSnapshot: () => current,
    subscribe(listener) {
      const own = () => listener();
      listeners.add(own);
      return () => void listeners.delete(own);
    },
    set(next) {
      if (Object.is(next, current)) return;
      current = next;
      for (const listener of [...listeners]) listener();
    },
  };
}

/** The next snapshot, or the one before when all its fields are the same. */
export function stable<T extends object>(before: T, next: T): T {
  const keys = Object.keys(next) as (keyof T)[];
  return keys.every((key) => Object.is(before[key], next[key])) ? before : next;
}

/** The same for lists: an equal list keeps its identity. */
export function stableList<T>(before: readonly T[], next: readonly T[]): readonly T[] {
  const same = before.length === next.length && next.every((item, at) => item === before[at]);
  return same ? before : next;
}
