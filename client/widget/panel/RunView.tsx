import type { PendingMessage } from '../../sdk';
import { FailureRow } from '../../ui/Bubble';
import { MessageRun, type RunLine } from '../../ui/MessageRun';
import { formatTime } from '../../ui/time';
import type { Line } from './lines';
import { failureWords, firstName, type ReceiptContext, receiptOf, stateOf } from './run-words';
import { STRINGS } from './strings';

export interface RunActions {
  readonly retry: (message: PendingMessage) => void;
  readonly discard: (message: PendingMessage) => void;
}

interface RunViewProps {
  readonly lines: readonly [Line, ...Line[]];
  readonly context: ReceiptContext;
  readonly actions: RunActions;
  readonly isNew: (line: Line) => boolean;
}

export function RunView({ lines, context, actions, isNew }: RunViewProps) {
  const last = lines.at(-1) ?? lines[0];
  return (
    <MessageRun
      side={last.isMine ? 'out' : 'in'}
      sender={last.sender}
      {...(last.isMine ? {} : { title: firstName(last.sender.name) })}
      lines={lines.map((line) => runLine(line, context.isNetworkAway, actions, isNew(line)))}
      at={last.createdAt}
      time={formatTime(last.createdAt)}
      receipt={last.isMine && !last.isDeleted ? receiptOf(last, context) : null}
    />
  );
}

function runLine(line: Line, isNetworkAway: boolean, actions: RunActions, isNew: boolean): RunLine {
  return {
    key: line.key,
    body: line.body,
    state: stateOf(line, isNetworkAway),
    deletedLabel: line.isDeleted ? STRINGS.deleted : null,
    editedLabel: line.isEdited ? STRINGS.edited : null,
    isNew,
    below: line.pending?.state === 'failed' && <Failure message={line.pending} actions={actions} />,
  };
}

function Failure({ message, actions }: { message: PendingMessage; actions: RunActions }) {
  return (
    <FailureRow
      words={failureWords(message.error)}
      onRetry={() => actions.retry(message)}
      onDiscard={() => actions.discard(message)}
    />
  );
}
