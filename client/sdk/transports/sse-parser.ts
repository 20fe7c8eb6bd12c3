export interface ServerEvent {
  readonly data: string;
  readonly id: string | undefined;
}

function field(line: string): [name: string, value: string] {
  const colon = line.indexOf(':');
  if (colon < 0) return [line, ''];
  return [line.slice(0, colon), line.slice(colon + 1).replace(/^ /, '')];
}

/** The text/event-stream format, fed with chunks that may end anywhere. */
export function createSseParser(onEvent: (event: ServerEvent) => void): (chunk: string) => void {
  let rest = '';
  let data: string[] = [];
  let id: string | undefined;

  function dispatch(): void {
    if (data.length > 0) onEvent({ data: data.join('\n'), id });
    data = [];
    id = undefined;
  }
  function line(text: string): void {
    const [name, value] = field(text);
    if (text === '') dispatch();
    else if (name === 'data') data.push(value);
    else if (name === 'id') id = value;
  }
  return (chunk) => {
    // A CR at the end may be the first half of a CRLF: it waits for the next chunk.
    const lines = (rest + chunk).split(/\r\n|\n|\r(?!$)/);
    rest = lines.pop() ?? '';
    for (const text of lines) line(text);
  };
}
