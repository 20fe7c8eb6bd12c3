import { createRoot } from 'react-dom/client';
import { createChat, createRestClient } from '../../sdk';
import { App } from './App';
import { readAddress } from './address';
import { createHost } from './host';
import { createPanel } from './panel';
import { createPlatformToken } from './platform-token';
import { reportTo } from './report';
import { createShown } from './shown';
import { createTheme } from './theme';
import { createVisitor } from './visitor';

const address = readAddress(window.location.search);
const host = createHost(window, address.host);
const shown = createShown(host);
const panel = createPanel({
  key: address.key,
  rest: createRestClient({ url: '' }),
  visitor: createVisitor(() => window.localStorage, window.crypto),
  platformToken: createPlatformToken(host),
  createChat: (token) => createChat({ url: '', token }),
  newId: () => window.crypto.randomUUID(),
  now: () => new Date().toISOString(),
});

document.documentElement.dir = address.dir;
reportTo(host, panel, createTheme(window, address.theme));
const root = document.getElementById('root');
if (root) {
  const close = () => host.post({ type: 'close' });
  createRoot(root).render(<App panel={panel} shown={shown} onClose={close} />);
}
void panel.start().catch(() => {});
