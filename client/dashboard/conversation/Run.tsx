import { Avatar } from '../../ui/Avatar';
import { placeIn } from '../../ui/Bubble';
import { ReceiptTicks } from '../../ui/Receipt';
import { formatTime } from '../../ui/time';
import { LOCALE, text } from '../catalogue';
import { RunLine } from './RunLine';
import type { Speaker } from './speaker';
import type { ThreadControls } from './thread-controls';
import type { Line } from './timeline';

interface RunProps {
  readonly lines: readonly [Line, ...Line[]];
  readonly speaker: Speaker;
  readonly controls: ThreadControls;
}

/** Neighbouring messages of one speaker. The team stands on one side: own bubbles filled, a colleague's outlined. */
export function Run({ lines, speaker, controls }: RunProps) {
  const { sender } = lines[0];
  const side = speaker === 'customer' ? 'in' : 'out';
  return (
    <li className={`sh-run sh-run-${side} run-${speaker}`}>
      {lines.map((line, index) => (
        <RunLine
          key={line.key}
          line={line}
          place={placeIn(index, lines.length)}
          speaker={speaker}
          controls={controls}
        />
      ))}
      <Avatar
        id={sender.id}
        name={sender.name}
        picture={sender.avatar}
        size={28}
        isNamed={speaker === 'customer'}
      />
      <RunMeta line={lines.at(-1) ?? lines[0]} speaker={speaker} controls={controls} />
    </li>
  );
}

/** Who and when, once per run, and how far the last own message came. */
function RunMeta({ line, speaker, controls }: Omit<RunProps, 'lines'> & { line: Line }) {
  const name = speaker === 'own' ? text.message.you : line.sender.name;
  const receipt = speaker === 'own' ? controls.receiptOf(line) : null;
  return (
    <p className="sh-meta">
      {speaker !== 'customer' && <bdi className="run-name">{name}</bdi>}
      <time dateTime={line.createdAt}>{formatTime(line.createdAt, LOCALE)}</time>
      {receipt !== null && <ReceiptTicks state={receipt} label={text.message.receipt[receipt]} />}
    </p>
  );
}
