import Button from '@mui/material/Button';
import FormHelperText from '@mui/material/FormHelperText';
import OutlinedInput from '@mui/material/OutlinedInput';
import { useId } from 'react';
import { text } from '../catalogue';
import { Icon } from '../Icon';
import { Mark } from '../shell/Mark';
import { type LoginProblems, useLogin } from './use-login';

/** `expired` tells why somebody who was signed in sees this page. */
export function LoginPage({ expired }: { expired: boolean }) {
  const { problems, busy, submit } = useLogin();
  return (
    <main className="login">
      <form className="login-card" onSubmit={submit} noValidate aria-busy={busy}>
        <Mark />
        <h1>{text.login.title}</h1>
        <p className="login-lead">{expired ? text.login.expired : text.login.lead}</p>
        <Field
          name="email"
          type="email"
          autoComplete="username"
          problem={problems.email}
          autoFocus
        />
        <Field
          name="password"
          type="password"
          autoComplete="current-password"
          problem={problems.password}
        />
        <Refusal problems={problems} />
        <Button type="submit" variant="contained" color="primary" size="large" aria-disabled={busy}>
          {busy ? text.login.busy : text.login.submit}
        </Button>
      </form>
    </main>
  );
}

interface FieldProps {
  name: 'email' | 'password';
  type: string;
  autoComplete: string;
  problem: string | undefined;
  autoFocus?: boolean;
}

function Field({ name, problem, ...input }: FieldProps) {
  const id = useId();
  const help = `${id}-help`;
  return (
    <div className="field">
      <label htmlFor={id}>{text.login[name]}</label>
      <OutlinedInput
        {...input}
        id={id}
        name={name}
        fullWidth
        error={problem !== undefined}
        slotProps={{ input: { 'aria-describedby': problem === undefined ? undefined : help } }}
      />
      {problem !== undefined && (
        <FormHelperText id={help} error>
          {problem}
        </FormHelperText>
      )}
    </div>
  );
}

function Refusal({ problems }: { problems: LoginProblems }) {
  return (
    <div role="alert">
      {problems.form !== undefined && (
        <p className="login-refusal">
          <Icon name="alert" size={16} />
          {problems.form}
        </p>
      )}
    </div>
  );
}
