import { afterAll, beforeAll, expect } from '@jest/globals';
import axe from 'axe-core';
import type { Frame, Page } from 'playwright-core';
import { browserTest } from '../../support/browser.js';
import { signIn, visitShop } from '../chat-pages.js';
import { type EmbeddedNode, startEmbeddedNode } from './embedded-node.js';

let node: EmbeddedNode;
beforeAll(async () => {
  node = await startEmbeddedNode();
});
afterAll(() => node.remove());

browserTest(
  'demo page, panel and dashboard break no content security policy and leave their consoles empty',
  async ({ arrive, problems }) => {
    const agent = await signIn(await arrive(), node.url, 'agent1@savanna.test');
    const visitor = await visitShop(await arrive(), node.url);
    await visitor.say('Hello? <b>Is anybody</b> here?');
    await agent.hears('Hello? <b>Is anybody</b> here?');
    await agent.open('Hello? <b>Is anybody</b> here?');
    await agent.say('See https://example.com/bowls');
    await visitor.sees('https://example.com/bowls');
    await Promise.all([visitor.reload(), agent.reload()]);
    await visitor.sees('https://example.com/bowls');
    await agent.sees('https://example.com/bowls');
    expect(problems).toEqual([]);
  },
);

browserTest('the API reference breaks no content security policy', async ({ arrive, problems }) => {
  const page = await arrive();
  await page.goto(`${node.url}/api/docs`);
  await page.getByRole('heading', { name: /ServiHub Chat/ }).waitFor();
  expect(problems).toEqual([]);
});

browserTest(
  'demo page, panel and dashboard have no fault that axe finds by WCAG 2.2 AA, in light and in dark',
  async ({ arrive }) => {
    const [shop, desk] = [await arrive(), await arrive()];
    await desk.goto(`${node.url}/agent`);
    await desk.getByRole('button', { name: 'Sign in' }).waitFor();
    const faults = await faultsInBothThemes(desk);
    const agent = await signIn(desk, node.url, 'agent2@savanna.test');
    const visitor = await visitShop(shop, node.url);
    faults.push(...(await faultsInBothThemes(shop)));
    await visitor.say('Is this readable?');
    await agent.hears('Is this readable?');
    await agent.open('Is this readable?');
    await agent.say('I hope so.');
    await visitor.sees('I hope so.');
    for (const page of [shop, desk]) faults.push(...(await faultsInBothThemes(page)));
    expect(faults).toEqual([]);
  },
);

async function faultsInBothThemes(page: Page): Promise<string[]> {
  const faults: string[] = [];
  for (const colorScheme of ['light', 'dark'] as const) {
    await page.emulateMedia({ colorScheme, reducedMotion: 'reduce' });
    for (const frame of page.frames()) faults.push(...(await faultsOf(frame, colorScheme)));
  }
  return faults;
}

/** A theme is on when its frames have been drawn and no colour is on its way any more. */
function settle(frame: Frame): Promise<void> {
  return frame.evaluate(async () => {
    const drawn = () => new Promise((resolve) => requestAnimationFrame(() => resolve(undefined)));
    await drawn();
    await drawn();
    const ending = document
      .getAnimations()
      .filter(({ effect }) => effect?.getComputedTiming().endTime !== Infinity);
    await Promise.allSettled(ending.map(({ finished }) => finished));
    await drawn();
  });
}

async function faultsOf(frame: Frame, theme: string): Promise<string[]> {
  await settle(frame);
  await frame.evaluate(axe.source);
  const { violations } = await frame.evaluate(() =>
    (globalThis as unknown as { axe: typeof import('axe-core') }).axe.run({
      iframes: false,
      runOnly: ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa'],
    }),
  );
  const { pathname } = new URL(frame.url());
  return violations.flatMap(({ id, nodes }) =>
    nodes.map(({ target }) => `${pathname} (${theme}): ${id} at ${target.join(' ')}`),
  );
}
