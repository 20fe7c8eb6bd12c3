export interface Emitter<Events> {
  on<E extends keyof Events>(event: E, listener: (value: Events[E]) => void): () => void;
  emit<E extends keyof Events>(event: E, value: Events[E]): void;
  clear(): void;
}

export function createEmitter<Events>(): Emitter<Events> {
  const entries = new Set<{ event: keyof Events; run: (value: never) => void }>();
  return {
    on(event, run) {
      const entry = { event, run };
      entries.add(entry);
      return () => void entries.delete(entry);
    },
    emit(event, value) {
      for (const entry of [...entries]) if (entry.event === event) entry.run(value as never);
    },
    clear: () => entries.clear(),
  };
}
