import Button from '@mui/material/Button';
import type { InboxSnapshot } from '../../sdk';
import { text } from '../catalogue';
import { Icon } from '../Icon';
import { Notice } from '../Notice';
import { InboxList } from './InboxList';
import { InboxSkeleton } from './InboxSkeleton';
import { Segments } from './Segments';
import { type InboxView, type Segment, useSegment } from './use-segment';

interface InboxColumnProps {
  readonly inbox: InboxSnapshot;
  readonly openId: string | null;
}

export function InboxColumn({ inbox, openId }: InboxColumnProps) {
  const { segment, setSegment, view, unreadCount, open } = useSegment(inbox, openId);
  const more = inbox.hasMore ? '+' : '';
  return (
    <div className="inbox">
      <div className="inbox-head">
        <h1>{text.inbox.title}</h1>
      </div>
      <Segments
        value={segment}
        onChange={setSegment}
        tallies={{
          ...(open.length > 0 ? { all: `${open.length}${more}` } : {}),
          ...(unreadCount > 0 ? { unread: `${unreadCount}${more}` } : {}),
        }}
      />
      <InboxBody key={segment} view={view} segment={segment} openId={openId} />
    </div>
  );
}

interface InboxBodyProps {
  readonly view: InboxView;
  readonly segment: Segment;
  readonly openId: string | null;
}

function InboxBody({ view, segment, openId }: InboxBodyProps) {
  const { items, loading, error } = view;
  if (items.length > 0) return <InboxList view={view} openId={openId} />;
  if (error !== null) return <Failed onRetry={() => void view.load()} />;
  if (loading) return <InboxSkeleton />;
  return <Notice {...text.inbox.empty[segment]} />;
}

function Failed({ onRetry }: { onRetry: () => void }) {
  return (
    <Notice tone="trouble" title={text.inbox.failed} hint={text.inbox.failedHint}>
      <Button startIcon={<Icon name="retry" size={16} />} onClick={onRetry}>
        {text.tryAgain}
      </Button>
    </Notice>
  );
}
