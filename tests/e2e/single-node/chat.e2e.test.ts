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
  'a question typed into the widget is in the inbox within a second, the answer comes back, and both survive reloads and a restart',
  async ({ arrive, problems }) => {
    const agent = await signIn(await arrive(), node.url, 'agent1@savanna.test');
    const visitor = await visitShop(await arrive(), node.url);

    await visitor.say('Do you ship to Nairobi?');
    const asked = performance.now();
    await agent.hears('Do you ship to Nairobi?');
    expect(performance.now() - asked).toBeLessThan(1_000);

    await agent.open('Do you ship to Nairobi?');
    await agent.say('Yes, within two days.');
    await visitor.sees('Yes, within two days.');

    await Promise.all([visitor.reload(), agent.reload()]);
    const both = ['Do you ship to Nairobi?', 'Yes, within two days.'];
    for (const text of both) await Promise.all([visitor.sees(text), agent.sees(text)]);
    expect(problems).toEqual([]);

    await node.restart();
    await visitor.say('And to Mombasa?');
    await agent.sees('And to Mombasa?');
    await agent.say('To Mombasa in three.');
    await visitor.sees('To Mombasa in three.');

    await Promise.all([visitor.reload(), agent.reload()]);
    for (const text of [...both, 'And to Mombasa?', 'To Mombasa in three.'])
      await Promise.all([visitor.sees(text), agent.sees(text)]);
  },
);
