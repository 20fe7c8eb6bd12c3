import { afterAll, beforeAll, expect } from '@jest/globals';
import { browserTest } from '../../support/browser.js';
import { signIn, visitShop } from '../chat-pages.js';
import { type Deployment, deploy } from './deployment.js';

let nodes: Deployment;
beforeAll(async () => {
  nodes = await deploy();
});
afterAll(() => nodes.remove());

browserTest(
  'a visitor on one node and two agents on two nodes see every message of each other, in one order',
  async ({ arrive, problems }) => {
    const amina = await signIn(await arrive(), nodes.a.url, 'agent1@savanna.test');
    const joseph = await signIn(await arrive(), nodes.b.url, 'agent2@savanna.test');
    const visitor = await visitShop(await arrive(), nodes.a.url);

    await visitor.say('line 1: who is there?');
    await Promise.all([
      amina.hears('line 1: who is there?'),
      joseph.hears('line 1: who is there?'),
    ]);
    await amina.open('line 1: who is there?');
    await joseph.open('line 1: who is there?');
    const everybody = [visitor, amina, joseph];
    const says = async (text: string, speaker = visitor) => {
      await speaker.say(text);
      await Promise.all(everybody.map((one) => one.sees(text)));
    };
    await says('line 2: Joseph, on the other node.', joseph);
    await says('line 3: and Amina.', amina);
    await says('line 4: good to know.', visitor);

    const order = ['line 1', 'line 2', 'line 3', 'line 4'];
    for (const one of everybody) expect(await one.transcript(/line \d/g)).toEqual(order);
    expect(problems).toEqual([]);
  },
);
