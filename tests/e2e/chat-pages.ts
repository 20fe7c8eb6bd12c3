import type { FrameLocator, Locator, Page } from 'playwright-core';

/** What somebody does and sees in a chat, by the names that a screen reader would read out. */
export interface ChatPage {
  say(text: string): Promise<void>;
  /** Resolves when the message can be seen in the conversation. */
  sees(text: string): Promise<void>;
  /** Everything in the conversation that looks like one of the messages, from the top. */
  transcript(pattern: RegExp): Promise<string[]>;
}

export interface Widget extends ChatPage {
  reload(): Promise<void>;
}

export interface Dashboard extends ChatPage {
  /** Resolves when the inbox shows the message as the newest of a conversation. */
  hears(text: string): Promise<void>;
  open(text: string): Promise<void>;
  reload(): Promise<void>;
}

/** The shop with its chat open. */
export async function visitShop(page: Page, url: string): Promise<Widget> {
  const panel = page.frameLocator('iframe[title="Chat"]');
  const openChat = () => page.getByRole('button', { name: /^Open chat/ }).click();
  await page.goto(url);
  await openChat();
  return {
    ...chatIn(panel),
    async reload() {
      await page.reload();
      await openChat();
    },
  };
}

export async function signIn(page: Page, url: string, email: string): Promise<Dashboard> {
  await page.goto(`${url}/agent`);
  await page.getByLabel('E-mail').fill(email);
  await page.getByLabel('Password').fill('savanna-demo');
  await page.getByRole('button', { name: 'Sign in' }).click();
  const inbox = page.getByRole('navigation', { name: 'Conversations' });
  const row = (text: string) => inbox.getByRole('link').filter({ hasText: text });
  await inbox.waitFor();
  return {
    ...chatIn(page),
    hears: (text) => row(text).waitFor(),
    open: (text) => row(text).click(),
    reload: async () => void (await page.reload()),
  };
}

function chatIn(place: Page | FrameLocator): ChatPage {
  const log: Locator = place.getByRole('log');
  const field = place.getByRole('textbox', { name: /^(Your question|Write a message|Reply to)/ });
  return {
    async say(text) {
      await field.fill(text);
      await field.press('Enter');
    },
    sees: (text) => log.getByText(text, { exact: true }).waitFor(),
    transcript: async (pattern) => (await log.innerText()).match(pattern) ?? [],
  };
}
