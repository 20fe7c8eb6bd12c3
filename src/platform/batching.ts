interface Waiting<Question, Answer> {
  readonly question: Question;
  resolve(answer: Answer): void;
  reject(error: unknown): void;
}

export interface BatchingOptions<Question, Answer> {
  /** One answer for each question, in their order. */
  readonly answer: (questions: readonly Question[]) => Promise<readonly Answer[]>;
  /** Batches under way. */
  readonly atOnce: number;
  /** Questions in one batch. */
  readonly most: number;
  /** How long after the beginning of a batch the next one begins, unless it is full. Not for what a message waits for. */
  readonly gatherMs?: number;
}

/** For what is asked once a connection. A storm brings ten within it, and who comes alone soon after another waits so long. */
export const GATHER_MS = 5;

/**
 * Asks together what many ask one by one: what one turn of the event loop brought, or what came while other batches were
 * under way. Whoever is alone does not wait.
 */
export function batched<Question, Answer>(
  options: BatchingOptions<Question, Answer>,
): (question: Question) => Promise<Answer> {
  const { answer, atOnce, most, gatherMs = 0 } = options;
  const waiting: Waiting<Question, Answer>[] = [];
  let running = 0;
  let gathering: NodeJS.Timeout | undefined;
  let isDue = false;
  let begunAt = Number.NEGATIVE_INFINITY;

  const plan = () => {
    if (isDue || waiting.length === 0 || running >= atOnce) return;
    const early = begunAt + gatherMs - performance.now();
    if (early <= 0 || waiting.length >= most) due();
    else gathering ??= setTimeout(due, early);
  };

  const due = () => {
    clearTimeout(gathering);
    gathering = undefined;
    isDue = true;
    setImmediate(begin);
  };

  const begin = () => {
    isDue = false;
    begunAt = performance.now();
    while (running < atOnce && waiting.length > 0) void run(waiting.splice(0, most));
  };

  const run = async (batch: readonly Waiting<Question, Answer>[]) => {
    running++;
    try {
      const answers = await answer(batch.map(({ question }) => question));
      for (const [index, { resolve }] of batch.entries()) resolve(answers[index] as Answer);
    } catch (error) {
      for (const { reject } of batch) reject(error);
    }
    running--;
    plan();
  };

  return (question) =>
    new Promise((resolve, reject) => {
      waiting.push({ question, resolve, reject });
      plan();
    });
}
