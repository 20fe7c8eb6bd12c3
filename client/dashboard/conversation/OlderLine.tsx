import Button from '@mui/material/Button';
import { text } from '../catalogue';
import { Icon } from '../Icon';

interface OlderLineProps {
  readonly state: 'idle' | 'loading' | 'failed';
  readonly onRetry: () => void;
}

export function OlderLine({ state, onRetry }: OlderLineProps) {
  if (state === 'idle') return null;
  if (state === 'loading') return <p className="older">{text.conversation.olderLoading}</p>;
  return (
    <p className="older" role="alert">
      {text.conversation.olderFailed}
      <Button size="small" startIcon={<Icon name="retry" size={14} />} onClick={onRetry}>
        {text.tryAgain}
      </Button>
    </p>
  );
}
