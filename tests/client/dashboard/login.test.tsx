/** @jest-environment ./tests/client/dashboard/browser-environment.cjs */
import { describe, expect, jest, test } from '@jest/globals';
import { fireEvent, screen, waitFor } from '@testing-library/react';
import { text } from '../../../client/dashboard/catalogue';
import { maya, session } from './fixtures';
import { renderApp } from './render-app';

/** Node's Response, as the server would answer. */
function answer(status: number, body: unknown) {
  const fetched = jest.fn<typeof fetch>(
    async () =>
      new Response(JSON.stringify(body), {
        status,
        headers: { 'content-type': 'application/json' },
      }),
  );
  globalThis.fetch = fetched;
  return fetched;
}

const problem = (status: number, code: string) => ({
  type: 'about:blank',
  title: code,
  status,
  code,
});

function submit(email = 'maya@savanna.test', password = 'savanna-demo') {
  fireEvent.change(screen.getByLabelText(text.login.email), { target: { value: email } });
  fireEvent.change(screen.getByLabelText(text.login.password), { target: { value: password } });
  fireEvent.click(screen.getByRole('button', { name: text.login.submit }));
}

describe('signing in', () => {
  test('whoever is not signed in is asked to, and gets back to the page they wanted', async () => {
    answer(200, session);
    const { where } = renderApp({ path: '/c/abc', isSignedIn: false });
    expect(where.path).toBe('/login');
    submit();
    await waitFor(() => expect(where.path).toBe('/c/abc'));
  });

  test('sends e-mail and password and keeps the session for the next page load', async () => {
    const fetched = answer(200, session);
    renderApp({ path: '/login', isSignedIn: false });
    submit(' maya@savanna.test ', 'savanna-demo');
    await screen.findByRole('button', { name: text.rail.account(maya.name) });
    const [, init] = fetched.mock.calls[0] ?? [];
    expect(JSON.parse(String(init?.body))).toEqual({
      email: 'maya@savanna.test',
      password: 'savanna-demo',
    });
    expect(localStorage.getItem('servihub.session')).toContain(session.token);
  });

  test.each([
    ['a wrong password', 401, 'login_failed', text.login.refused],
    ['too many tries', 429, 'rate_limited', text.login.tooMany],
    ['a broken server', 500, 'internal', text.login.broken],
  ])('says in words what happened: %s', async (_what, status, code, words) => {
    answer(status, problem(status, code));
    renderApp({ path: '/login', isSignedIn: false });
    submit();
    expect(await screen.findByText(words)).toBeTruthy();
  });

  test('says that the server cannot be reached', async () => {
    globalThis.fetch = jest.fn<typeof fetch>(async () => Promise.reject(new TypeError('failed')));
    renderApp({ path: '/login', isSignedIn: false });
    submit();
    expect(await screen.findByText(text.login.unreachable)).toBeTruthy();
  });

  test('lets no customer in', async () => {
    answer(200, { ...session, user: { ...maya, role: 'CUSTOMER' } });
    renderApp({ path: '/login', isSignedIn: false });
    submit();
    expect(await screen.findByText(text.login.customersNot)).toBeTruthy();
  });

  test('names the empty field, puts the focus there and asks no server', () => {
    const fetched = answer(200, session);
    renderApp({ path: '/login', isSignedIn: false });
    submit('maya@savanna.test', '');
    expect(screen.getByText(text.login.passwordMissing)).toBeTruthy();
    expect(document.activeElement).toBe(screen.getByLabelText(text.login.password));
    expect(fetched).not.toHaveBeenCalled();
  });
});

describe('signing out', () => {
  const signOut = () => {
    fireEvent.click(screen.getByRole('button', { name: text.rail.account(maya.name) }));
    fireEvent.click(screen.getByRole('menuitem', { name: text.rail.signOut }));
  };

  test('ends the login on the server, drops the token and goes to the sign-in', async () => {
    const fetched = answer(200, null);
    const { where } = renderApp();
    signOut();
    expect(where.path).toBe('/login');
    expect(localStorage.getItem('servihub.session')).toBeNull();
    await waitFor(() => expect(fetched).toHaveBeenCalledTimes(1));
    const [url, init] = fetched.mock.calls[0] ?? [];
    expect([String(url), init?.method]).toEqual(['/api/auth/logout', 'POST']);
    expect(new Headers(init?.headers).get('authorization')).toBe(`Bearer ${session.token}`);
  });

  test('works without the server too', async () => {
    const fetched = answer(503, problem(503, 'unavailable'));
    const { where } = renderApp();
    signOut();
    expect(where.path).toBe('/login');
    await waitFor(() => expect(fetched).toHaveBeenCalled());
  });

  test('a refused token ends the session and says so', () => {
    const { where, fake, server } = renderApp();
    server(() => fake.connection.change({ state: 'closed', reason: 'token_expired' }));
    expect(where.path).toBe('/login');
    expect(screen.getByText(text.login.expired)).toBeTruthy();
  });

  test('a session that ran out while away is not taken up again', () => {
    localStorage.setItem(
      'servihub.session',
      JSON.stringify({ ...session, expiresAt: '2020-01-01T00:00:00.000Z' }),
    );
    renderApp({ isSignedIn: false });
    expect(screen.getByText(text.login.expired)).toBeTruthy();
  });
});
