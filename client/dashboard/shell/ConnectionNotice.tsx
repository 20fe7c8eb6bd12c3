import { useConnection } from '../../react';
import { ConnectionBanner } from '../../ui/ConnectionBanner';
import { text } from '../catalogue';
import { useNotice } from './use-notice';

export function ConnectionNotice() {
  const notice = useNotice(useConnection().state);
  switch (notice) {
    case 'none':
      return null;
    case 'back':
      return <ConnectionBanner tone="back" title={text.connection.back} />;
    case 'trouble':
      return (
        <ConnectionBanner
          tone="trouble"
          title={text.connection.waiting}
          detail={text.connection.kept}
        />
      );
    case 'stopped':
      return <ConnectionBanner tone="trouble" title={text.connection.stopped} action={RELOAD} />;
  }
}

const RELOAD = { label: text.connection.reload, onClick: () => window.location.reload() };
