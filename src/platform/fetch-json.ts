const TIMEOUT_MS = 5_000;
const MAX_BYTES = 262_144;

/** A JSON document from an address that the operator has configured. Goes nowhere else, and takes neither long nor much. */
export async function fetchJson(url: string): Promise<unknown> {
  const answer = await fetch(url, {
    redirect: 'error',
    signal: AbortSignal.timeout(TIMEOUT_MS),
    headers: { accept: 'application/json' },
  });
  if (answer.status !== 200 || !answer.body) throw new Error(`The answer is ${answer.status}`);
  const chunks: Uint8Array[] = [];
  let size = 0;
  for await (const chunk of answer.body) {
    size += chunk.byteLength;
    if (size > MAX_BYTES) throw new Error(`The answer has more than ${MAX_BYTES} bytes`);
    chunks.push(chunk);
  }
  return parse(Buffer.concat(chunks).toString());
}

/** The parser's own message would quote the text. */
function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    throw new Error('The answer is not JSON');
  }
}
