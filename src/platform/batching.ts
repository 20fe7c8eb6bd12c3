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
}

/**
 * Asks together what many ask one by one. No timer: a batch is what one turn of the event loop brought, or what waited
 * while earlier batches were under way, so whoever is alone does not wait.
 */
export function batched<Question, Answer>(
  options: BatchingOptions<Question, Answer>,
): (question: Question) => Promise<Answer> {
  const waiting: Waiting<Question, Answer>[] = [];
  let running = 0;

  const next = () => {
    while (running < options.atOnce && waiting.length > 0)
      void run(waiting.splice(0, options.most));
  };

  const run = async (batch: readonly Waiting<Question, Answer>[]) => {
    running++;
    try {
      const answers = await options.answer(batch.map(({ question }) => question));
      for (const [index, { resolve }] of batch.entries()) resolve(answers[index] as Answer);
    } catch (error) {
      for (const { reject } of batch) reject(error);
    }
    running--;
    next();
  };

  return (question) =>
    new Promise((resolve, reject) => {
      if (waiting.push({ question, resolve, reject }) === 1) setImmediate(next);
    });
}
