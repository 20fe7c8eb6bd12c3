import { Icon, type IconName } from './Icon';

export type ReceiptState = 'waiting' | 'sent' | 'delivered' | 'seen';

const ICONS: Record<ReceiptState, IconName> = {
  waiting: 'clock',
  sent: 'check',
  delivered: 'checks',
  seen: 'checks',
};

/** Words and ticks: the word says what the ticks mean. */
export function ReceiptTicks({ state, label }: { state: ReceiptState; label: string }) {
  return (
    <span className={`sh-receipt sh-receipt-${state}`}>
      <bdi>{label}</bdi>
      <Icon name={ICONS[state]} size={16} />
    </span>
  );
}
