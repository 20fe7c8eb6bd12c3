import { afterAll, beforeAll, expect } from '@jest/globals';
import { type Balancer, startBalancer } from '../../support/balancer.js';
import { browserTest } from '../../support/browser.js';
import { signIn, visitShop } from '../chat-pages.js';
import { type EmbeddedNode, startEmbeddedNode } from './embedded-node.js';

let node: EmbeddedNode;
let proxy: Balancer;
let worse: Balancer;
beforeAll(async () => {
  node = await startEmbeddedNode();
  proxy = await startBalancer([node.port], { webSockets: 'refuse' });
  worse = await startBalancer([node.port], { webSockets: 'refuse', streams: 'hold' });
});
afterAll(async () => {
  await Promise.all([proxy.stop(), worse.stop()]);
  await node.remove();
});

browserTest(
  'where WebSockets do not get through, the widget talks over server-sent events and nobody has to do anything',
  async ({ arrive }) => {
    const agent = await signIn(await arrive(), node.url, 'agent1@savanna.test');
    const page = await arrive();
    const stream = page.waitForResponse((response) => response.url().includes('/sse'));
    const visitor = await visitShop(page, proxy.url);

    await visitor.say('Is the blue bowl still there?');
    await agent.hears('Is the blue bowl still there?');
    await agent.open('Is the blue bowl still there?');
    await agent.say('One is left.');
    await visitor.sees('One is left.');

    expect((await stream).status()).toBe(200);
    expect(proxy.refused).toBeGreaterThan(0);

    await visitor.say('I take it.');
    await agent.sees('I take it.');
    await agent.say('It is yours.');
    await visitor.sees('It is yours.');
  },
);

browserTest('where streams are held back too, the widget polls', async ({ arrive }) => {
  const agent = await signIn(await arrive(), node.url, 'agent1@savanna.test');
  const page = await arrive();
  const polled = page.waitForResponse((response) => response.url().includes('/poll?'), {
    timeout: 60_000,
  });
  const visitor = await visitShop(page, worse.url);

  await visitor.say('Does this get through?');
  await agent.hears('Does this get through?');
  expect((await polled).status()).toBe(200);
  expect([worse.refused > 0, worse.held > 0]).toEqual([true, true]);

  await agent.open('Does this get through?');
  await agent.say('It does.');
  await visitor.sees('It does.');
  await visitor.say('Good.');
  await agent.sees('Good.');
  await agent.say('Better.');
  await visitor.sees('Better.');
  expect(await visitor.transcript(/It does\.|Better\./g)).toEqual(['It does.', 'Better.']);
});
