import Button from '@mui/material/Button';
import { text } from '../catalogue';
import { Icon } from '../Icon';

export function StatusTrouble({ onRetry }: { onRetry: () => void }) {
  return (
    <div className="conversation-trouble" role="alert">
      <Icon name="alert" size={16} />
      {text.conversation.statusFailed}
      <Button size="small" onClick={onRetry}>
        {text.tryAgain}
      </Button>
    </div>
  );
}
