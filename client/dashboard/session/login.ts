import { ChatError, type ChatErrorCode, createRestClient, type LoginSession } from '../../sdk';

export type LoginFailure = 'refused' | 'tooMany' | 'unreachable' | 'broken' | 'customersNot';
export type LoginResult =
  | { readonly ok: true; readonly session: LoginSession }
  | { readonly ok: false; readonly failure: LoginFailure };

export interface Credentials {
  readonly email: string;
  readonly password: string;
}

const FAILURES: Partial<Record<ChatErrorCode, LoginFailure>> = {
  login_failed: 'refused',
  bad_request: 'refused',
  rate_limited: 'tooMany',
  network: 'unreachable',
  timeout: 'unreachable',
};

export async function login({ email, password }: Credentials): Promise<LoginResult> {
  try {
    const session = await createRestClient({ url: '' }).login(email, password);
    if (session.user.role === 'CUSTOMER') return { ok: false, failure: 'customersNot' };
    return { ok: true, session };
  } catch (cause) {
    const code = cause instanceof ChatError ? cause.code : 'internal';
    return { ok: false, failure: FAILURES[code] ?? 'broken' };
  }
}

/** Without the server the token is dropped all the same, and ends by itself. */
export function logout({ token }: LoginSession): void {
  createRestClient({ url: '', token })
    .logout()
    .catch(() => undefined);
}
