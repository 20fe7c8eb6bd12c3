/** Keeps what a ticket stands for until it is taken. Each value is handed out at most once, by whichever node is asked. */
export interface TicketStore {
  put(ticket: string, value: string, ttlMs: number): Promise<void>;
  take(ticket: string): Promise<string | null>;
}
