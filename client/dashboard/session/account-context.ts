import { createContext, useContext } from 'react';
import type { Account } from '../../sdk';

export const AccountContext = createContext<Account | null>(null);

/** The signed-in member of the team, known from the sign-in on. */
export function useAccount(): Account {
  const account = useContext(AccountContext);
  if (account === null) throw new Error('Nobody is signed in above this component');
  return account;
}
