import { CacheProvider, type EmotionCache } from '@emotion/react';
import { ThemeProvider } from '@mui/material/styles';
import { Navigate, Route, Routes, useLocation } from 'react-router';
import { ConversationPage } from './conversation/ConversationPage';
import { NothingOpen } from './conversation/NothingOpen';
import { LoginPage } from './session/LoginPage';
import { type ChatFactory, SignedIn } from './session/SignedIn';
import type { SessionStore } from './session/session';
import { SessionContext, useSession } from './session/use-session';
import { Shell } from './shell/Shell';
import { theme } from './theme/theme';

interface AppProps {
  readonly session: SessionStore;
  readonly styleCache: EmotionCache;
  readonly makeChat?: ChatFactory;
}

/** Needs a router above it. */
export function App({ session, styleCache, makeChat }: AppProps) {
  return (
    <CacheProvider value={styleCache}>
      <ThemeProvider theme={theme} defaultMode="system">
        <SessionContext value={session}>
          <Routes>
            <Route path="/login" element={<LoginRoute />} />
            <Route element={<SignedInRoute makeChat={makeChat} />}>
              <Route index element={<NothingOpen />} />
              <Route path="/c/:id" element={<ConversationPage />} />
              <Route path="*" element={<Navigate to="/" replace />} />
            </Route>
          </Routes>
        </SessionContext>
      </ThemeProvider>
    </CacheProvider>
  );
}

/** Whoever signs in goes on where they wanted to go. */
function LoginRoute() {
  const state = useSession();
  const wanted: unknown = useLocation().state;
  if (state.kind === 'signed-out') return <LoginPage expired={state.expired} />;
  return <Navigate to={typeof wanted === 'string' ? wanted : '/'} replace />;
}

function SignedInRoute({ makeChat }: { makeChat: ChatFactory | undefined }) {
  const state = useSession();
  const { pathname } = useLocation();
  if (state.kind === 'signed-out') return <Navigate to="/login" replace state={pathname} />;
  return (
    <SignedIn session={state.session} makeChat={makeChat}>
      <Shell />
    </SignedIn>
  );
}
