import { Icon, type IconName } from './Icon';

export interface ConnectionBannerProps {
  readonly tone: 'trouble' | 'back';
  readonly title: string;
  readonly detail?: string;
  readonly action?: { readonly label: string; readonly onClick: () => void };
}

const ICONS: Record<ConnectionBannerProps['tone'], IconName> = {
  trouble: 'offline',
  back: 'check',
};

/** One line above the thread; whoever shows it waits first, so that a blink of the network stays unseen. */
export function ConnectionBanner({ tone, title, detail, action }: ConnectionBannerProps) {
  return (
    <div className={`sh-banner sh-banner-${tone}`} role="status">
      <Icon name={ICONS[tone]} size={16} />
      <p>
        <b>{title}</b> {detail}
      </p>
      {action && (
        <button type="button" onClick={action.onClick}>
          {action.label}
        </button>
      )}
    </div>
  );
}
