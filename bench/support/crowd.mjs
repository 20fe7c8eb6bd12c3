import { knowPeople } from '../contenders/servihub.mjs';
import { issueToken } from '../contenders/tokens.mjs';

/** One address has some 28,000 ports towards one server, and a server counts attempts by address. */
const ADDRESSES = 200;

export function makeCrowd(count) {
  return Array.from({ length: count }, (_, index) => {
    const subject = `somebody-${index}`;
    return {
      subject,
      token: issueToken(subject),
      localAddress: `127.0.1.${1 + (index % ADDRESSES)}`,
    };
  });
}

/** Half of them on each node. */
export const spreadOver = (nodes, crowd) =>
  crowd.map(({ token, localAddress }, index) => ({
    url: nodes[index % nodes.length].url,
    token,
    localAddress,
  }));

/** Ours makes its tables at the first start, and meets people who have been here before. */
export async function introduce({ start, databaseUrl }, crowd) {
  const nodes = await start({ count: 1 });
  await knowPeople(
    databaseUrl,
    crowd.map(({ subject }) => subject),
  );
  await Promise.all(nodes.map((node) => node.stop()));
}
