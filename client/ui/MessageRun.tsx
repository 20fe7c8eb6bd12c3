import type { ReactNode } from 'react';
import { Avatar } from './Avatar';
import { Bubble, type BubbleProps, placeIn } from './Bubble';

export interface RunLine extends Omit<BubbleProps, 'place'> {
  readonly key: string;
  /** Stands under the bubble: a failure with its way out. */
  readonly below?: ReactNode;
}

export interface MessageRunProps {
  readonly side: 'in' | 'out';
  readonly sender: { readonly id: string; readonly name: string; readonly avatar: string | null };
  /** A name above the run, where more than one person may speak. */
  readonly title?: string;
  readonly lines: readonly RunLine[];
  readonly at: string;
  readonly time: string;
  /** Receipt of the last own message. */
  readonly receipt?: ReactNode;
}

/** Neighbouring messages of one speaker, joined: one face, one time, one receipt. */
export function MessageRun({ side, sender, title, lines, at, time, receipt }: MessageRunProps) {
  return (
    <div className={`sh-run sh-run-${side}`}>
      {title && (
        <p className="sh-who">
          <bdi>{title}</bdi>
        </p>
      )}
      {lines.map(({ key, below, ...line }, index) => (
        <div className="sh-line" key={key}>
          <Bubble {...line} place={placeIn(index, lines.length)} />
          {below}
        </div>
      ))}
      {side === 'in' && (
        <Avatar
          id={sender.id}
          name={sender.name}
          picture={sender.avatar}
          size={28}
          isNamed={!title}
        />
      )}
      <p className="sh-meta">
        <time dateTime={at}>
          <bdi>{time}</bdi>
        </time>
        {receipt}
      </p>
    </div>
  );
}
