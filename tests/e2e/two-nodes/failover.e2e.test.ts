import { afterAll, beforeAll, expect } from '@jest/globals';
import { type Balancer, startBalancer } from '../../support/balancer.js';
import { browserTest } from '../../support/browser.js';
import { signIn, visitShop } from '../chat-pages.js';
import { type Deployment, deploy } from './deployment.js';

const BACK_MS = 5_000;

let nodes: Deployment;
let balancer: Balancer;
beforeAll(async () => {
  nodes = await deploy();
  balancer = await startBalancer([nodes.a.port, nodes.b.port]);
});
afterAll(async () => {
  await balancer.stop();
  await nodes.remove();
});

browserTest(
  'a node that is killed while the visitor writes loses nothing, and the widget is back within five seconds',
  async ({ arrive }) => {
    const agent = await signIn(await arrive(), nodes.b.url, 'agent2@savanna.test');
    const visitor = await visitShop(await arrive(), balancer.url);
    const lines = Array.from({ length: 16 }, (_, index) => `line ${index + 1}.`);
    await visitor.say('line 1.');
    await agent.hears('line 1.');
    await agent.open('line 1.');

    for (const line of lines.slice(1, 8)) await visitor.say(line);
    const killing = nodes.a.kill();
    const killed = performance.now();
    for (const line of lines.slice(8)) await visitor.say(line);
    await killing;
    await agent.say('I am still here.');
    await visitor.sees('I am still here.');
    expect(performance.now() - killed).toBeLessThan(BACK_MS);

    for (const line of lines) await Promise.all([visitor.sees(line), agent.sees(line)]);
    expect(await agent.transcript(/line \d+\./g)).toEqual(lines);
    await Promise.all([visitor.reload(), agent.reload()]);
    await Promise.all([visitor.sees('line 16.'), agent.sees('line 16.')]);
    expect(await visitor.transcript(/line \d+\./g)).toEqual(lines);
    expect(await agent.transcript(/line \d+\./g)).toEqual(lines);
  },
);
