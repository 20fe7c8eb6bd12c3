import IconButton from '@mui/material/IconButton';
import { Bubble, FailureRow, type LineState, type Place } from '../../ui/Bubble';
import { text } from '../catalogue';
import { Icon } from '../Icon';
import { EditForm } from './EditForm';
import { canRetry, failureText } from './failure';
import type { Speaker } from './speaker';
import type { ThreadControls } from './thread-controls';
import type { Line } from './timeline';

interface RunLineProps {
  readonly line: Line;
  readonly place: Place;
  readonly speaker: Speaker;
  readonly controls: ThreadControls;
}

export function RunLine({ line, place, speaker, controls }: RunLineProps) {
  const { message } = line;
  if (message !== null && controls.editingSeq === message.seq) {
    return <EditForm message={message} controls={controls} />;
  }
  return (
    <div className="line" data-anchor>
      {speaker === 'own' && <LineActions line={line} controls={controls} />}
      <Bubble
        body={line.body}
        place={place}
        state={stateOf(line)}
        isNew={line.pending !== null}
        deletedLabel={deletedLabel(line, speaker)}
        editedLabel={message?.editedAt ? text.message.edited : null}
      />
      <LineFailure line={line} controls={controls} />
    </div>
  );
}

function LineActions({ line, controls }: Pick<RunLineProps, 'line' | 'controls'>) {
  const { message } = line;
  if (message === null || message.deletedAt !== null) return null;
  return (
    <IconButton
      className="line-actions"
      aria-label={text.message.actions}
      aria-haspopup="menu"
      onClick={(event) => controls.openMenu(message, event.currentTarget)}
    >
      <Icon name="more" />
    </IconButton>
  );
}

function LineFailure({ line, controls }: Pick<RunLineProps, 'line' | 'controls'>) {
  const { pending } = line;
  if (pending?.state !== 'failed') return null;
  const words = {
    notSent: failureText(pending.error),
    retry: text.tryAgain,
    discard: text.message.discard,
  };
  return (
    <FailureRow
      words={words}
      onDiscard={() => controls.discard(pending.clientId)}
      {...(canRetry(pending.error) ? { onRetry: () => controls.retry(pending.clientId) } : {})}
    />
  );
}

function stateOf({ pending }: Line): LineState {
  return pending === null ? 'sent' : pending.state;
}

function deletedLabel({ message, sender }: Line, speaker: Speaker): string | null {
  if (message === null || message.deletedAt === null) return null;
  return speaker === 'own' ? text.message.deletedByYou : text.message.deletedBy(sender.name);
}
