import type { InboxItem } from '@protocol/resources/inbox-item';
import type { RefObject } from 'react';
import { DayDivider } from '../../ui/DayDivider';
import { SystemLine } from '../../ui/SystemLine';
import { formatDay } from '../../ui/time';
import { LOCALE, text } from '../catalogue';
import { Run } from './Run';
import { speakerOf } from './speaker';
import type { ThreadControls } from './thread-controls';
import type { TimelineEntry } from './timeline';

interface EntryProps {
  readonly entry: TimelineEntry;
  readonly item: InboxItem;
  readonly meId: string;
  readonly controls: ThreadControls;
  readonly unreadLine: RefObject<HTMLLIElement | null>;
}

export function TimelineEntryView({ entry, item, meId, controls, unreadLine }: EntryProps) {
  switch (entry.kind) {
    case 'day':
      return (
        <li>
          <DayDivider at={entry.at} label={formatDay(entry.at, Date.now(), LOCALE)} />
        </li>
      );
    case 'unread':
      return (
        <li className="unread-line" ref={unreadLine}>
          <span>{text.conversation.unreadLine}</span>
        </li>
      );
    case 'system':
      return (
        <li>
          <SystemLine text={entry.item.body} />
        </li>
      );
    case 'run':
      return (
        <Run
          lines={entry.items}
          speaker={speakerOf(entry.senderId, item, meId)}
          controls={controls}
        />
      );
  }
}
