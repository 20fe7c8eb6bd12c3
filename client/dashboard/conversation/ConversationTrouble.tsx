import Button from '@mui/material/Button';
import { Link } from 'react-router';
import type { ChatError } from '../../sdk';
import { text } from '../catalogue';
import { Notice } from '../Notice';

/** What may help is tried again by itself; the button is for those who will not wait. */
export function ConversationTrouble({ error }: { error: ChatError }) {
  if (!error.retryable) {
    return (
      <Notice title={text.conversation.notFound} hint={text.conversation.notFoundHint}>
        <Button component={Link} to="/">
          {text.conversation.toInbox}
        </Button>
      </Notice>
    );
  }
  const { loadFailed, loadFailedHint } = text.conversation;
  return (
    <Notice tone="trouble" title={loadFailed} hint={loadFailedHint}>
      <Button onClick={() => window.location.reload()}>{text.tryAgain}</Button>
    </Notice>
  );
}
