import { afterAll, beforeAll, expect } from '@jest/globals';
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
