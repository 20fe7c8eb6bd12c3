import { type FormEvent, useState } from 'react';
import { text } from '../catalogue';
import { type Credentials, login } from './login';
import { useSessionStore } from './use-session';

export interface LoginProblems {
  readonly email?: string;
  readonly password?: string;
  readonly form?: string;
}

export function useLogin() {
  const store = useSessionStore();
  const [problems, setProblems] = useState<LoginProblems>({});
  const [busy, setBusy] = useState(false);

  const attempt = async (credentials: Credentials) => {
    setBusy(true);
    const result = await login(credentials);
    setBusy(false);
    if (result.ok) store.begin(result.session);
    else setProblems({ form: text.login[result.failure] });
  };

  const submit = (event: FormEvent<HTMLFormElement>) => {
    event.preventDefault();
    if (busy) return;
    const credentials = read(event.currentTarget);
    const missing = missingOf(credentials);
    setProblems(missing);
    if (missing.email === undefined && missing.password === undefined) void attempt(credentials);
    else focusFirst(event.currentTarget, missing);
  };

  return { problems, busy, submit };
}

function read(form: HTMLFormElement): Credentials {
  const data = new FormData(form);
  return { email: String(data.get('email')).trim(), password: String(data.get('password')) };
}

function missingOf({ email, password }: Credentials): LoginProblems {
  return {
    ...(email === '' ? { email: text.login.emailMissing } : {}),
    ...(password === '' ? { password: text.login.passwordMissing } : {}),
  };
}

function focusFirst(form: HTMLFormElement, problems: LoginProblems): void {
  const name = problems.email === undefined ? 'password' : 'email';
  form.querySelector<HTMLInputElement>(`input[name="${name}"]`)?.focus();
}
