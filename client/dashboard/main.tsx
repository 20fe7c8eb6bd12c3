import { StrictMode } from 'react';
import { createRoot } from 'react-dom/client';
import { BrowserRouter } from 'react-router';
import { App } from './App';
import { createSessionStore } from './session/session';
import { createStyleCache } from './theme/emotion-cache';

const root = document.getElementById('root');
if (root === null) throw new Error('The page has no #root');

createRoot(root).render(
  <StrictMode>
    <BrowserRouter basename="/agent">
      <App session={createSessionStore(window)} styleCache={createStyleCache(document)} />
    </BrowserRouter>
  </StrictMode>,
);
