import { afterAll, beforeAll, expect } from '@jest/globals';
import { browserTest } from '../../support/browser.js';
import { signIn, visitShop } from '../chat-pages.js';
import { type EmbeddedNode, startEmbeddedNode } from './embedded-node.js';

let node: EmbeddedNode;
beforeAll(async () => {
  node = await startEmbeddedNode();
});
afterAll(() => node.remove());

const QUESTIONS = [
  'Do you ship to Nairobi?',
  'And to Mombasa?',
  'How long does it take?',
  'Is it insured?',
  'May I send it back?',
];

browserTest(
  'questions typed into the widget are in the inbox within a second, and the answer comes back',
  async ({ arrive, problems }) => {
    const agent = await signIn(await arrive(), node.url, 'agent1@savanna.test');
    const visitor = await visitShop(await arrive(), node.url);
    const took: number[] = [];
    for (const question of QUESTIONS) {
      await visitor.say(question);
      const asked = performance.now();
      await agent.hears(question);
      took.push(performance.now() - asked);
    }
    // The median: on a busy machine one of them may meet a pause that is not ours.
    expect(took.sort((a, b) => a - b)[2]).toBeLessThan(1_000);

    await agent.open('May I send it back?');
    await agent.say('Yes, within thirty days.');
    await visitor.sees('Yes, within thirty days.');
    expect(problems).toEqual([]);
  },
);

browserTest(
  'a conversation survives reloads of both pages and a restart of the server',
  async ({ arrive }) => {
    const agent = await signIn(await arrive(), node.url, 'agent1@savanna.test');
    const visitor = await visitShop(await arrive(), node.url);
    const both = (text: string) => Promise.all([visitor.sees(text), agent.sees(text)]);
    await visitor.say('line 1, before');
    await agent.hears('line 1, before');
    await agent.open('line 1, before');
    await agent.say('line 2, before');

    await Promise.all([visitor.reload(), agent.reload()]);
    await both('line 2, before');

    await node.restart();
    await visitor.say('line 3, after');
    await both('line 3, after');
    await agent.say('line 4, after');
    await both('line 4, after');

    await Promise.all([visitor.reload(), agent.reload()]);
    await both('line 4, after');
    const lines = ['line 1', 'line 2', 'line 3', 'line 4'];
    for (const one of [visitor, agent]) expect(await one.transcript(/line \d/g)).toEqual(lines);
  },
);
