import { afterEach, jest } from '@jest/globals';
import { act, cleanup, render } from '@testing-library/react';
import { StrictMode } from 'react';
import { MemoryRouter, useLocation } from 'react-router';
import { App } from '../../../client/dashboard/App';
import { createSessionStore } from '../../../client/dashboard/session/session';
import { createStyleCache } from '../../../client/dashboard/theme/emotion-cache';
import { createFakeChat, type FakeChat } from './fake-chat';
import { session } from './fixtures';

/** jsdom lays nothing out: give the virtual list a height, and the scrollers their methods. */
const VIEW_PX = 600;
Object.defineProperty(HTMLElement.prototype, 'clientHeight', { get: () => VIEW_PX });
Element.prototype.scrollTo = () => undefined;
Element.prototype.scrollIntoView = () => undefined;

afterEach(() => {
  cleanup();
  localStorage.clear();
  jest.restoreAllMocks();
});

interface RenderOptions {
  readonly path?: string;
  readonly fake?: FakeChat;
  readonly isSignedIn?: boolean;
}

/** The whole dashboard, signed in as Maya, on a chat that the test controls. */
export function renderApp({
  path = '/',
  fake = createFakeChat(),
  isSignedIn = true,
}: RenderOptions = {}) {
  jest.spyOn(document, 'hasFocus').mockReturnValue(true);
  const store = createSessionStore(window);
  if (isSignedIn) store.begin(session);
  const where = { path };
  const view = render(
    <StrictMode>
      <MemoryRouter initialEntries={[path]}>
        <Where tell={(now) => (where.path = now)} />
        <App session={store} styleCache={createStyleCache(document)} makeChat={() => fake.chat} />
      </MemoryRouter>
    </StrictMode>,
  );
  const server = (play: () => void) => act(play);
  return { ...view, fake, store, where, server };
}

function Where({ tell }: { tell: (path: string) => void }) {
  tell(useLocation().pathname);
  return null;
}
