import { ConnectionBanner } from '../../ui/ConnectionBanner';
import { STRINGS } from './strings';
import type { ConnectionNotice } from './use-connection-notice';

export function NoticeBanner({ notice }: { notice: ConnectionNotice }) {
  const { offline, trouble, back, ended } = STRINGS.connection;
  if (notice === 'none') return null;
  if (notice === 'back') return <ConnectionBanner tone="back" {...back} />;
  if (notice === 'trouble') {
    return <ConnectionBanner tone="trouble" {...(navigator.onLine ? trouble : offline)} />;
  }
  const reload = { label: ended.action, onClick: () => window.location.reload() };
  return (
    <ConnectionBanner tone="trouble" title={ended.title} detail={ended.detail} action={reload} />
  );
}
